/** A real MCP server on loopback that records whose token made each request and call, and fails as a test says. */
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { HeldCall } from './call-holds.js';
import { createCallHolds } from './call-holds.js';
import type { LiveSession, McpSessionOptions, McpSessions } from './mcp-sessions.js';
import { createMcpSessions } from './mcp-sessions.js';
import { startLoopbackListener } from './loopback-listener.js';
import type { RequestSender } from './request-sender.js';
import { readSender } from './request-sender.js';
import type { TestTool } from './test-tool.js';
import type { TokenControls } from './token-gate.js';
import { createTokenGate } from './token-gate.js';
import type { EchoPlace, RecordedCall, ToolServerParts } from './tool-server.js';
import { createToolServer, toOfferedTools } from './tool-server.js';

/** One request that was let in: its JSON-RPC method, or `GET` or `DELETE`, and the token it carried. */
export interface RecordedRequest extends Omit<RequestSender, 'issuedAt'> {
  readonly method: string;
}

/** How the server behaves. */
export interface McpTestServerOptions {
  /** Serves requests without a token too, as `nobody`; default false. */
  readonly anonymous?: boolean;
  /** Name of the server in its own words; default `test-server`. */
  readonly name?: string;
  /**
   * Speaks the 2025-11-25 era alone, with sessions. When left out both eras are served, neither with sessions: a
   * fresh server for each request.
   */
  readonly sessions?: McpSessionOptions | true;
  /** The time in milliseconds since the epoch, for tokens and sessions; default `Date.now`. */
  readonly clock?: () => number;
}

/** Answers a request in place of the server; undefined lets the server answer. */
export type Interception = (
  method: string,
  request: Request,
) => Response | undefined | Promise<Response | undefined>;

/** What a test sets while the server runs. */
export interface McpTestServerFaults {
  /** Answers every request with this HTTP status while set. */
  failWith: number | undefined;
  /** Looks at each request first while set. */
  intercept: Interception | undefined;
  /** Repeats each request’s Authorization header in these places; nowhere at first. */
  echo: readonly EchoPlace[];
}

/** A running test server. */
export interface McpTestServer extends TokenControls, McpTestServerFaults {
  readonly url: string;
  /** Every request that was let in, in the order they came. */
  readonly requests: RecordedRequest[];
  /** Every tool call, in the order they came. */
  readonly calls: RecordedCall[];
  /** How many requests of a JSON-RPC method came. */
  count(method: string): number;
  /** Makes the next call wait: of one tool, or of any. */
  hold(tool?: string): HeldCall;
  /** The sessions that have not ended, oldest first; none without {@link McpTestServerOptions.sessions}. */
  liveSessions(): readonly LiveSession[];
  /** Cuts every connection and listens no more; sessions end, as they do in a process that ends. */
  stop(): Promise<void>;
  /** Listens again on the same port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a server with these tools on a free port of loopback. */
export async function startMcpTestServer(
  tools: Readonly<Record<string, TestTool>>,
  options: McpTestServerOptions = {},
): Promise<McpTestServer> {
  const { anonymous = false, name = 'test-server', clock = Date.now } = options;
  const requests: RecordedRequest[] = [];
  const calls: RecordedCall[] = [];
  const holds = createCallHolds();
  const faults: McpTestServerFaults = { failWith: undefined, intercept: undefined, echo: [] };
  const record = (call: RecordedCall): void => void calls.push(call);
  const { serve, sessions, close } = createServing(
    { name, tools: toOfferedTools(tools), holds, echo: () => faults.echo, record },
    { ...options, clock },
  );
  const gate = createTokenGate({ anonymous, clock, audience: () => url });

  const answer = async (request: Request): Promise<Response> => {
    const sender = readSender(request.headers);
    if (faults.failWith !== undefined) return toFailure(faults.failWith, faults.echo, sender);
    const refusal = await gate.admit(sender);
    if (refusal !== undefined) return refusal;
    const methods = await readMethods(request);
    for (const method of methods) requests.push(toRecord(method, sender));
    return (await faults.intercept?.(methods[0] ?? '', request)) ?? serve(request, sender.subject);
  };
  const nodeHandler = toNodeHandler({ fetch: answer });
  const listener = await startLoopbackListener((request, response) => void nodeHandler(request, response));
  const url = `${listener.origin}/mcp`;
  const stop = async (): Promise<void> => {
    await sessions?.end();
    await listener.stop();
  };
  return Object.assign(faults, gate, {
    url,
    requests,
    calls,
    stop,
    count: (method: string) => requests.filter((request) => request.method === method).length,
    hold: holds.hold,
    liveSessions: () => sessions?.live() ?? [],
    restart: listener.restart,
    close: async () => {
      holds.releaseAll();
      await stop();
      await close();
    },
  });
}

interface Serving {
  readonly serve: (request: Request, subject: string) => Promise<Response>;
  readonly sessions: McpSessions | undefined;
  readonly close: () => Promise<void>;
}

function createServing(
  parts: ToolServerParts,
  { sessions: sessionOptions, clock }: McpTestServerOptions & { readonly clock: () => number },
): Serving {
  if (sessionOptions !== undefined) {
    const sessions = createMcpSessions({
      ...(sessionOptions === true ? {} : sessionOptions),
      clock,
      createServer: (subject) => createToolServer(parts, subject),
    });
    return { sessions, serve: sessions.handle, close: sessions.end };
  }
  const handler = createMcpHandler(({ requestInfo }) =>
    createToolServer(parts, readSender(requestInfo?.headers).subject),
  );
  return { sessions: undefined, serve: (request) => handler.fetch(request), close: handler.close };
}

function toFailure(status: number, echo: readonly EchoPlace[], { authorization }: RequestSender): Response {
  const text = 'the test server was told to fail';
  return new Response(echo.includes('http-error') ? `${text}: ${authorization ?? ''}` : text, { status });
}

function toRecord(method: string, { issuedAt: _issuedAt, ...sender }: RequestSender): RecordedRequest {
  return { ...sender, method };
}

const message = z.object({ method: z.string() });

/** Gives one method for each message of the body: a batch has more than one, an answer none. */
async function readMethods(request: Request): Promise<string[]> {
  if (request.method !== 'POST') return [request.method];
  const body: unknown = await request
    .clone()
    .json()
    .catch(() => undefined);
  return [body].flat().flatMap((part) => message.safeParse(part).data?.method ?? []);
}
