/** A real MCP server on loopback that stands for a platform: it records whose token made each request and call. */
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import type { CallToolResult } from '@modelcontextprotocol/server';
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
import { decodeJwt } from 'jose';
import { z } from 'zod';

/** One tool of the server. */
export interface TestTool {
  readonly description?: string;
  readonly schema?: z.ZodObject;
  /** Who is offered it; everybody when left out. */
  readonly offeredTo?: readonly string[];
  readonly run: (
    args: Record<string, unknown>,
    caller: TestCaller,
  ) => CallToolResult | Promise<CallToolResult>;
}

/** Who called a tool, and how to speak to them while it runs. */
export interface TestCaller {
  readonly subject: string;
  readonly signal: AbortSignal;
  /** Sends a progress notification; does nothing when the call carries no progress token. */
  progress(message: string, progress: number): Promise<void>;
}

/** One request as it came: its JSON-RPC method and the token it carried. */
export interface RecordedRequest {
  /** Claim `sub` of the token; `nobody` without one. */
  readonly subject: string;
  readonly method: string;
  /** The whole Authorization header, or null. */
  readonly authorization: string | null;
}

/** One tool call as the tool received it. */
export interface RecordedCall {
  readonly subject: string;
  readonly tool: string;
  readonly args: Record<string, unknown>;
  /** Claim `jti` of the token. */
  readonly tokenId: string | undefined;
}

/** How the server behaves. */
export interface McpTestServerOptions {
  /** Serves requests without a token too, as `nobody`. */
  readonly anonymous?: boolean;
  /** Name of the server in its own words. */
  readonly name?: string;
}

/** Answers a request in place of the server; undefined lets the server answer. */
export type Interception = (
  method: string,
  request: Request,
) => Response | undefined | Promise<Response | undefined>;

/** A running test server. */
export interface McpTestServer {
  readonly url: string;
  /** Every request in the order it came. */
  readonly requests: RecordedRequest[];
  readonly calls: RecordedCall[];
  /** Answers every request with this HTTP status while set. */
  failWith: number | undefined;
  /** Looks at each request first while set. */
  intercept: Interception | undefined;
  /** How many requests of a JSON-RPC method came. */
  count(method: string): number;
  /** Ends every connection and listens no more; {@link McpTestServer.restart} undoes it. */
  stop(): Promise<void>;
  /** Listens again on the same port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** A result whose one block is this text, or this value as JSON. */
export function textResult(value: unknown): CallToolResult {
  return { content: [{ type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) }] };
}

/** A failed result with a code of the platform. */
export function errorResult(error: string, message: string): CallToolResult {
  return { ...textResult({ error, message }), isError: true };
}

/** Starts a server with these tools on a free port of loopback. */
export async function startMcpTestServer(
  tools: Readonly<Record<string, TestTool>>,
  { anonymous = false, name = 'test-server' }: McpTestServerOptions = {},
): Promise<McpTestServer> {
  const requests: RecordedRequest[] = [];
  const calls: RecordedCall[] = [];
  const handler = createMcpHandler((context) => {
    const { sub, jti } = claimsOf(context.requestInfo?.headers.get('authorization') ?? null);
    const server = new McpServer({ name, version: '1.0.0' });
    offerTools(server, tools, {
      subject: sub,
      record: (call) => calls.push({ ...call, subject: sub, tokenId: jti }),
    });
    return server;
  });
  const state: Pick<McpTestServer, 'failWith' | 'intercept'> = { failWith: undefined, intercept: undefined };
  const answer = async (request: Request): Promise<Response> => {
    if (state.failWith !== undefined) {
      return new Response('the test server was told to fail', { status: state.failWith });
    }
    const authorization = request.headers.get('authorization');
    if (authorization === null && !anonymous) return new Response('no token', { status: 401 });
    const method = await methodOf(request);
    if (method !== undefined) requests.push({ subject: claimsOf(authorization).sub, method, authorization });
    return (await state.intercept?.(method ?? '', request)) ?? handler.fetch(request);
  };
  const nodeHandler = toNodeHandler({ fetch: answer });
  const http = listener((request, response) => void nodeHandler(request, response));
  const port = await http.listen(0);
  return Object.assign(state, {
    requests,
    calls,
    url: `http://127.0.0.1:${String(port)}/mcp`,
    count: (method: string) => requests.filter((request) => request.method === method).length,
    stop: http.stop,
    async restart() {
      await http.listen(port);
    },
    async close() {
      await http.stop();
      await handler.close();
    },
  });
}

interface Offer {
  readonly subject: string;
  readonly record: (call: { tool: string; args: Record<string, unknown> }) => void;
}

function offerTools(server: McpServer, tools: Readonly<Record<string, TestTool>>, offer: Offer): void {
  const { subject, record } = offer;
  for (const [name, tool] of Object.entries(tools)) {
    if (tool.offeredTo !== undefined && !tool.offeredTo.includes(subject)) continue;
    server.registerTool(
      name,
      { description: tool.description ?? name, inputSchema: tool.schema ?? z.object({}) },
      async (args: Record<string, unknown>, { mcpReq }) => {
        record({ tool: name, args });
        const progressToken = mcpReq._meta?.progressToken;
        return tool.run(args, {
          subject,
          signal: mcpReq.signal,
          async progress(message, progress) {
            if (progressToken === undefined) return;
            await mcpReq.notify({
              method: 'notifications/progress',
              params: { progressToken, progress, message },
            });
          },
        });
      },
    );
  }
}

function claimsOf(authorization: string | null): { sub: string; jti: string | undefined } {
  if (authorization?.startsWith('Bearer ') !== true) return { sub: 'nobody', jti: undefined };
  const { sub = 'nobody', jti } = decodeJwt(authorization.slice('Bearer '.length));
  return { sub, jti };
}

async function methodOf(request: Request): Promise<string | undefined> {
  const body: unknown = await request
    .clone()
    .json()
    .catch(() => undefined);
  return z.object({ method: z.string() }).safeParse(body).data?.method;
}

function listener(onRequest: RequestListener) {
  let server: Server | undefined;
  return {
    async listen(port: number): Promise<number> {
      const opened = createServer(onRequest);
      server = opened;
      await new Promise<void>((resolve, reject) => {
        opened.once('error', reject).listen(port, '127.0.0.1', resolve);
      });
      return (opened.address() as AddressInfo).port;
    },
    async stop(): Promise<void> {
      const open = server;
      server = undefined;
      if (open === undefined) return;
      open.closeAllConnections();
      await new Promise((resolve) => open.close(resolve));
    },
  };
}
