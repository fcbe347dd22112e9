/** An MCP server made of bare HTTP, so that a test can end, break, delay and forge what no SDK would send. */
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { z } from 'zod';

/** The protocol eras, by what a client needs before its first call: one request, or three and a stream. */
export type Era = '2025' | '2026';

export const eras: readonly Era[] = ['2025', '2026'];

const message = z.object({
  id: z.union([z.string(), z.number()]).optional(),
  method: z.string(),
  params: z.record(z.string(), z.unknown()).optional(),
});

/** One request as it came. */
export interface RawRequest {
  /** The JSON-RPC method, or the HTTP method where there is no message. */
  readonly method: string;
  readonly id: string | number | undefined;
  readonly params: Readonly<Record<string, unknown>>;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Answers a request, or leaves it without an answer. */
export type RawAnswer = (raw: RawRequest) => void | Promise<void>;

export interface RawMcpServer {
  readonly url: string;
  /** Every request, in the order they came. */
  readonly requests: RawRequest[];
  /** How to answer a method in place of the usual answer. */
  readonly answers: Map<string, RawAnswer>;
  count(method: string): number;
  /** Requests whose response is neither ended nor cut off. */
  open(): number;
  /** Settles when no response is open any more. */
  allClosed(): Promise<void>;
  /** Settles at the next request of a method, after its answer began. */
  next(method: string): Promise<RawRequest>;
  sockets(): number;
  close(): Promise<void>;
}

export async function startRawMcpServer(
  era: Era,
  { session }: { readonly session?: () => string } = {},
): Promise<RawMcpServer> {
  const requests: RawRequest[] = [];
  const answers = new Map<string, RawAnswer>();
  const open = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  const waiting = new Map<string, ((raw: RawRequest) => void)[]>();
  let onClosed: (() => void)[] = [];

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    open.add(response);
    response.on('close', () => {
      open.delete(response);
      if (open.size > 0) return;
      for (const told of onClosed) told();
      onClosed = [];
    });
    const raw = await readRaw(request, response);
    requests.push(raw);
    await (answers.get(raw.method) ?? ((usual) => answerAsUsual(usual, era, session)))(raw);
    for (const told of waiting.get(raw.method) ?? []) told(raw);
    waiting.delete(raw.method);
  };
  const server: Server = createServer((request, response) => void serve(request, response));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}/mcp`,
    requests,
    answers,
    count: (method) => requests.filter((each) => each.method === method).length,
    open: () => open.size,
    allClosed: () =>
      open.size === 0 ? Promise.resolve() : new Promise((resolve) => void onClosed.push(resolve)),
    next: (method) =>
      new Promise((resolve) => void waiting.set(method, [...(waiting.get(method) ?? []), resolve])),
    sockets: () => sockets.size,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readRaw(request: IncomingMessage, response: ServerResponse): Promise<RawRequest> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const parsed = text === '' ? undefined : message.parse(JSON.parse(text));
  return {
    method: parsed?.method ?? request.method ?? '',
    id: parsed?.id,
    params: parsed?.params ?? {},
    request,
    response,
  };
}

function answerAsUsual(raw: RawRequest, era: Era, session: (() => string) | undefined): void {
  const { method, response, id } = raw;
  if (method === 'GET') return void response.writeHead(405).end();
  if (id === undefined) return void response.writeHead(method === 'DELETE' ? 200 : 202).end();
  if (method === 'server/discover' && era === '2025') return void response.writeHead(404).end();
  if (method === 'initialize' && session !== undefined) response.setHeader('mcp-session-id', session());
  sendJson(response, toResult(raw));
}

const results: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'server/discover': { supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, ttlMs: 0 },
  initialize: {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'raw', version: '1' },
  },
  'tools/list': { tools: [{ name: 'work', inputSchema: { type: 'object' } }], ttlMs: 0 },
  'tools/call': { content: [{ type: 'text', text: 'done' }] },
};

/** The usual answer to a request, with other members in its result where some are given. */
export function toResult({ id, method }: Pick<RawRequest, 'id' | 'method'>, other = {}): object {
  const own = { resultType: 'complete', cacheScope: 'private', ...results[method], ...other };
  return { jsonrpc: '2.0', id, result: own };
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Begins an event stream and sends its head. */
export function beginEvents(response: ServerResponse, firstText = ': open\n\n'): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(firstText);
  return response;
}

/** One server-sent event. */
export function toEvent(data: unknown, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}data: ${data === '' ? '' : JSON.stringify(data)}\n\n`;
}

/** A progress notification for the request. */
export function toProgress({ params }: RawRequest): object {
  const meta = params['_meta'] as { progressToken?: unknown } | undefined;
  return {
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken: meta?.progressToken ?? 0, progress: 1 },
  };
}
