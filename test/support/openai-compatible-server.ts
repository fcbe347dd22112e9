/**
 * An OpenAI-compatible server for tests: real HTTP on loopback, a script in the place of a model, and OpenAI's own
 * refusals. It answers `POST /v1/chat/completions`, streaming or not, and says in a header that it is a test server.
 */
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ScriptedAnswer } from './openai-answer.js';
import { toCompletion, toStream } from './openai-answer.js';
import type { ChatRequest } from './openai-request-rules.js';
import { BadRequestError, parseChatRequest } from './openai-request-rules.js';

/** The model: a function of the request. */
export type ModelScript = (request: ChatRequest) => ScriptedAnswer | Promise<ScriptedAnswer>;

/** One request as it came. */
export interface ReceivedRequest {
  readonly headers: IncomingHttpHeaders;
  /** The text of the body. */
  readonly body: string;
  /** What was answered. */
  readonly status: number;
  /** Why it was refused; undefined when it was not. */
  readonly refusal: string | undefined;
}

/** A running server. */
export interface OpenAiCompatibleServer {
  /** For OPENAI_BASE_URL. */
  readonly baseUrl: string;
  /** Everything that came, in order. */
  readonly received: readonly ReceivedRequest[];
  close(): Promise<void>;
}

/** Starts the server on a free port of 127.0.0.1. */
export async function startOpenAiCompatibleServer(script: ModelScript): Promise<OpenAiCompatibleServer> {
  const received: ReceivedRequest[] = [];
  let serial = 0;
  const server = createServer((request, response) => {
    serial += 1;
    void answer({ request, response, serial }, script).then((entry) => received.push(entry));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server's address is an object.
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${String(port)}/v1`,
    received,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly serial: number;
}

async function answer(
  { request, response, serial }: Exchange,
  script: ModelScript,
): Promise<ReceivedRequest> {
  response.setHeader('x-test-server', 'graph-fleet');
  const body = await readBody(request);
  const entry = { headers: request.headers, body };
  try {
    const chat = requireChat(request, body);
    const said = await script(chat);
    requireOffered(said, chat);
    await send(response, said, { serial, chat });
    return { ...entry, status: 200, refusal: undefined };
  } catch (error) {
    const status = error instanceof BadRequestError ? 400 : 500;
    const refusal = error instanceof Error ? error.message : String(error);
    sendJson(response, status, {
      error: { message: refusal, type: 'invalid_request_error', param: null, code: null },
    });
    return { ...entry, status, refusal };
  }
}

function requireChat({ method, url, headers }: IncomingMessage, body: string): ChatRequest {
  if (method !== 'POST' || url !== '/v1/chat/completions')
    throw new BadRequestError(`No route ${String(method)} ${String(url)}.`);
  if (!/^Bearer \S+$/.test(headers.authorization ?? ''))
    throw new BadRequestError('You did not provide an API key.');
  try {
    return parseChatRequest(JSON.parse(body));
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new BadRequestError('We could not parse the JSON body of your request.');
    throw error;
  }
}

/** A real model calls what it was shown; a script that does not is at fault itself. */
function requireOffered({ calls = [] }: ScriptedAnswer, { tools = [] }: ChatRequest): void {
  const unknown = calls.find(({ name }) => !tools.some((tool) => tool.function.name === name));
  if (unknown !== undefined) throw new TypeError(`The script calls ${unknown.name}, which was not offered.`);
}

async function send(
  response: ServerResponse,
  said: ScriptedAnswer,
  { serial, chat }: { readonly serial: number; readonly chat: ChatRequest },
): Promise<void> {
  const head = { serial, model: chat.model };
  if (chat.stream !== true) {
    sendJson(response, 200, toCompletion(said, head));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const bytes of toStream(said, { ...head, wantsUsage: chat.stream_options?.include_usage === true })) {
    if (!response.write(bytes)) await once(response, 'drain');
    // One packet a piece: the client must put lines together again.
    await new Promise(setImmediate);
  }
  response.end();
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
