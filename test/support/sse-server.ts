/** A server of HTTP with server-sent events, written out so that it can misbehave. @see MCP 2024-11-05, "HTTP with SSE" */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

interface Message {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: { readonly name?: string; readonly arguments?: Readonly<Record<string, unknown>> };
}

/** What a server offers in place of `count` and `hang`. */
export interface SseTools {
  readonly list: () => readonly object[];
  /** Gives the text of a tool’s result. */
  readonly call: (tool: string, args: Readonly<Record<string, unknown>>, authorization: string) => string;
}

interface Session {
  readonly stream: ServerResponse;
  isInitialized: boolean;
  calls: number;
}

/** A running server. */
export interface SseServer {
  readonly url: string;
  /** Every request: `GET`, `POST initialize` and so on, each with its Authorization header. */
  readonly requests: { readonly what: string; readonly authorization: string | undefined }[];
  /** What it does wrong while set. */
  readonly faults: {
    /** Status of each answer to a GET, or to a POST. */
    getStatus?: number | undefined;
    postStatus?: number | undefined;
    /** Status of each answer to a POST at the URL of the stream itself; 405 at first. */
    streamPostStatus?: number | undefined;
    /** What the endpoint event says in place of the server’s own. */
    endpoint?: string | undefined;
    /** Sends no endpoint event. */
    silent?: boolean;
    headers?: Readonly<Record<string, string>>;
  };
  /** How many streams are open. */
  streams(): number;
  /** Cuts every stream. */
  drop(): void;
  close(): Promise<void>;
}

/** Starts it on a free port of loopback. Its own tools: `count` counts the calls of the session, `hang` never answers. */
export async function startSseServer(tools?: SseTools): Promise<SseServer> {
  const sessions = new Map<string, Session>();
  const requests: { what: string; authorization: string | undefined }[] = [];
  const faults: { -readonly [Key in keyof SseServer['faults']]: SseServer['faults'][Key] } = {};
  let last = 0;

  const open = (request: IncomingMessage, response: ServerResponse): void => {
    requests.push({ what: 'GET', authorization: request.headers.authorization });
    if (faults.getStatus !== undefined) {
      refuse(response, faults.getStatus);
      return;
    }
    const id = String((last += 1));
    sessions.set(id, { stream: response, isInitialized: false, calls: 0 });
    response.on('close', () => sessions.delete(id));
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    if (faults.silent !== true)
      response.write(`event: endpoint\ndata: ${faults.endpoint ?? `/messages?session=${id}`}\n\n`);
  };
  const refuse = (response: ServerResponse, status: number): void => {
    response.writeHead(status, faults.headers).end('refused');
  };
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const message = JSON.parse(body) as Message;
    requests.push({ what: `POST ${message.method}`, authorization: request.headers.authorization });
    if (request.url === '/sse') {
      refuse(response, faults.streamPostStatus ?? 405);
      return;
    }
    if (faults.postStatus !== undefined) {
      refuse(response, faults.postStatus);
      return;
    }
    const id = new URL(request.url ?? '', 'http://localhost').searchParams.get('session') ?? '';
    const session = sessions.get(id);
    if (session === undefined) {
      refuse(response, 404);
      return;
    }
    response.writeHead(202).end('Accepted');
    const { authorization = '' } = request.headers;
    const offered = session.isInitialized ? tools && answerFrom(tools, message, authorization) : undefined;
    const reply = offered ?? answer(session, message);
    if (reply !== undefined)
      session.stream.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: message.id, ...reply })}\n\n`);
  };

  const server = createServer((request, response) => {
    if (request.method === 'GET') open(request, response);
    else void receive(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const drop = (): void => {
    for (const { stream } of sessions.values()) stream.destroy();
  };
  return {
    url: `http://127.0.0.1:${String(port)}/sse`,
    requests,
    faults,
    streams: () => sessions.size,
    drop,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function answerFrom(tools: SseTools, { method, params }: Message, authorization: string): object | undefined {
  if (method === 'tools/list') return { result: { tools: tools.list() } };
  if (method !== 'tools/call') return undefined;
  const text = tools.call(params?.name ?? '', params?.arguments ?? {}, authorization);
  return { result: { content: [{ type: 'text', text }] } };
}

function answer(session: Session, { method, params }: Message): object | undefined {
  switch (method) {
    case 'initialize': {
      const serverInfo = { name: 'sse-server', version: '1' };
      return { result: { protocolVersion: '2024-11-05', capabilities: { tools: {} }, serverInfo } };
    }
    case 'notifications/initialized':
      session.isInitialized = true;
      return undefined;
    case 'notifications/cancelled':
      return undefined;
  }
  if (!session.isInitialized) return { error: { code: -32002, message: 'Not initialized' } };
  if (method === 'tools/list') {
    const inputSchema = { type: 'object' };
    return { result: { tools: ['count', 'hang'].map((name) => ({ name, inputSchema })) } };
  }
  if (params?.name === 'hang') return undefined;
  session.calls += 1;
  return { result: { content: [{ type: 'text', text: String(session.calls) }] } };
}
