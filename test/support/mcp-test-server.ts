/** A real MCP server on loopback that stands for a platform: it records whose token made each request and call. */
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
  readonly run: (args: Record<string, unknown>, caller: TestCaller) => CallToolResult | Promise<CallToolResult>;
}

export interface TestCaller {
  readonly subject: string;
  readonly signal: AbortSignal;
  progress(message: string, progress: number): Promise<void>;
}

export interface RecordedCall {
  readonly subject: string;
  readonly tool: string;
  readonly args: Record<string, unknown>;
  readonly tokenId: string | undefined;
}

export interface McpTestServer {
  readonly url: string;
  /** JSON-RPC methods in the order they came, each with the subject whose token it carried. */
  readonly requests: { readonly subject: string; readonly method: string }[];
  readonly calls: RecordedCall[];
  /** Answers every request with this HTTP status while set. */
  failWith: number | undefined;
  count(method: string): number;
  close(): Promise<void>;
}

export function textResult(value: unknown): CallToolResult {
  return { content: [{ type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) }] };
}

export function errorResult(error: string, message: string): CallToolResult {
  return { ...textResult({ error, message }), isError: true };
}

export async function startMcpTestServer(tools: Readonly<Record<string, TestTool>>): Promise<McpTestServer> {
  const recorded: Pick<McpTestServer, 'requests' | 'calls'> = { requests: [], calls: [] };
  const state: { failWith: number | undefined } = { failWith: undefined };
  const handler = createMcpHandler((context) => {
    const claims = decodeJwt(context.requestInfo?.headers.get('authorization')?.replace(/^Bearer /, '') ?? '');
    const subject = claims.sub ?? 'nobody';
    const server = new McpServer({ name: 'test-server', version: '1.0.0' });
    for (const [name, tool] of Object.entries(tools)) {
      if (tool.offeredTo !== undefined && !tool.offeredTo.includes(subject)) continue;
      server.registerTool(
        name,
        { description: tool.description ?? name, inputSchema: tool.schema ?? z.object({}) },
        async (args: Record<string, unknown>, { mcpReq }) => {
          recorded.calls.push({ subject, tool: name, args, tokenId: claims.jti });
          const progressToken = mcpReq._meta?.progressToken;
          return tool.run(args, {
            subject,
            signal: mcpReq.signal,
            async progress(message, progress) {
              if (progressToken === undefined) return;
              await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, message } });
            },
          });
        },
      );
    }
    return server;
  });
  const nodeHandler = toNodeHandler({
    fetch: async (request: Request) => {
      if (state.failWith !== undefined) return new Response('the test server was told to fail', { status: state.failWith });
      const token = request.headers.get('authorization')?.replace(/^Bearer /, '');
      if (token === undefined) return new Response('no token', { status: 401 });
      const body: unknown = await request.clone().json().catch(() => undefined);
      const method = z.object({ method: z.string() }).safeParse(body).data?.method;
      if (method !== undefined) recorded.requests.push({ subject: decodeJwt(token).sub ?? 'nobody', method });
      return handler.fetch(request);
    },
  });
  const http = createServer((request, response) => void nodeHandler(request, response));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  return {
    ...recorded,
    url: `http://127.0.0.1:${String(port)}/mcp`,
    get failWith() {
      return state.failWith;
    },
    set failWith(status) {
      state.failWith = status;
    },
    count: (method) => recorded.requests.filter((request) => request.method === method).length,
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await handler.close();
    },
  };
}
