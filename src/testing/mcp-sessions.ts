/**
 * Sessions of the 2025-11-25 era: each belongs to the person who opened it, ends, and has a server of its own.
 *
 * @see MCP 2025-11-25, "Session Management"
 */
import { randomBytes } from 'node:crypto';
import type { McpServer } from '@modelcontextprotocol/server';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';

/** How long sessions live, and how many there are. */
export interface McpSessionOptions {
  /** A session that was not used for so long has ended, in milliseconds; default 15 minutes. */
  readonly idleMs?: number | undefined;
  /** A session that is this old has ended, in milliseconds; default 8 hours. */
  readonly lifetimeMs?: number | undefined;
  /** Most sessions of one person; with one more the oldest ends; default 16. */
  readonly perSubject?: number | undefined;
}

/** A session that has not ended. */
export interface LiveSession {
  readonly id: string;
  readonly subject: string;
}

/** Serves requests by session. */
export interface McpSessions {
  /** Answers a request of a person whose token was accepted; another person’s session does not exist. */
  handle(request: Request, subject: string): Promise<Response>;
  /** The sessions that have not ended, oldest first. */
  live(): readonly LiveSession[];
  /** Ends every session. */
  end(): Promise<void>;
}

/** What sessions are made with. */
export interface McpSessionsOptions extends McpSessionOptions {
  /** Creates the server of one session; its tools are those of this person. */
  readonly createServer: (subject: string) => McpServer;
  readonly clock: () => number;
}

interface Session extends LiveSession {
  readonly server: McpServer;
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly openedAt: number;
  usedAt: number;
}

const minuteMs = 60_000;

/** Creates the sessions; there is none yet. */
export function createMcpSessions(options: McpSessionsOptions): McpSessions {
  const {
    createServer,
    clock,
    idleMs = 15 * minuteMs,
    lifetimeMs = 480 * minuteMs,
    perSubject = 16,
  } = options;
  const sessions = new Map<string, Session>();

  const endAll = async (ended: readonly Session[]): Promise<void> => {
    for (const { id } of ended) sessions.delete(id);
    await Promise.all(ended.map(({ server }) => server.close()));
  };
  const isOver = ({ openedAt, usedAt }: Session): boolean =>
    clock() - usedAt >= idleMs || clock() - openedAt >= lifetimeMs;
  const open = async (request: Request, subject: string): Promise<Response> => {
    const id = randomBytes(32).toString('base64url');
    const server = createServer(subject);
    const transport = new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: () => id });
    await server.connect(transport);
    const own = [...sessions.values()].filter((session) => session.subject === subject);
    await endAll(own.slice(0, Math.max(0, own.length - perSubject + 1)));
    sessions.set(id, { id, subject, server, transport, openedAt: clock(), usedAt: clock() });
    const response = await transport.handleRequest(request);
    if (!response.ok) await endAll([...sessions.values()].filter((session) => session.id === id));
    return response;
  };
  return {
    live: () => [...sessions.values()].filter((session) => !isOver(session)).map(toLiveSession),
    end: () => endAll([...sessions.values()]),
    handle: async (request, subject) => {
      await endAll([...sessions.values()].filter(isOver));
      const id = request.headers.get('mcp-session-id');
      if (id === null) {
        return (await isInitialize(request))
          ? open(request, subject)
          : toProblem(400, 'Mcp-Session-Id is required');
      }
      const session = sessions.get(id);
      if (session?.subject !== subject) return toProblem(404, 'Session not found');
      session.usedAt = clock();
      const response = await session.transport.handleRequest(request);
      if (request.method === 'DELETE') await endAll([session]);
      return request.method === 'GET' ? withOpening(response) : response;
    },
  };
}

function toLiveSession({ id, subject }: Session): LiveSession {
  return { id, subject };
}

async function isInitialize(request: Request): Promise<boolean> {
  if (request.method !== 'POST') return false;
  const body: unknown = await request
    .clone()
    .json()
    .catch(() => undefined);
  return typeof body === 'object' && body !== null && 'method' in body && body.method === 'initialize';
}

/** Node sends the headers of a stream with its first bytes, for which a client would wait until the first keep-alive. */
function withOpening(response: Response): Response {
  const { body, status, headers } = response;
  if (!response.ok || body === null) return response;
  const bytes = async function* (): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode(': open\n\n');
    yield* body;
  };
  return new Response(ReadableStream.from(bytes()), { status, headers });
}

function toProblem(status: number, message: string): Response {
  return Response.json({ jsonrpc: '2.0', error: { code: -32000, message }, id: null }, { status });
}
