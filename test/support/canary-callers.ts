/** People who talk to the agent server, and a record of every byte that it answered them. */
import type { AgentApi, ApiAnswer } from './agent-api.js';
import { assistantId } from './agent-api.js';

/** Every mode in which the LangGraph server streams a run. */
export const everyMode = [
  ...['values', 'messages', 'messages-tuple', 'updates', 'events'],
  ...['tasks', 'checkpoints', 'debug', 'custom', 'tools'],
];

/** What was answered so far. */
export interface AnswerRecord {
  /** Status, headers and body of every answer that is no stream. */
  readonly answers: string[];
  /** The same of streams. */
  readonly streams: string[];
}

/** One person with one token. */
export interface Caller extends Pick<AgentApi, 'send' | 'thread' | 'run' | 'say' | 'decide'> {
  /** Streams a run in every mode; `act` is called once, at its first event of a kind. */
  stream(path: string, payload: object, at?: StreamMoment): Promise<string>;
  /** Sends a body as it is. */
  sendText(path: string, body: string): Promise<number>;
}

/** What to do while a stream is read. */
export interface StreamMoment {
  readonly event: string;
  readonly act: () => unknown;
}

/** What {@link createCaller} is told. */
export interface CallerOptions {
  readonly url: string;
  /** None for nobody. */
  readonly token?: string | undefined;
  readonly record: AnswerRecord;
  /** Headers of every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Makes a person whose answers are recorded. */
export function createCaller({ url, token, record, headers = {} }: CallerOptions): Caller {
  const ask = (method: string, path: string, body?: string): Promise<Response> =>
    fetch(`${url}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
  const send: Caller['send'] = async (method, path, body) => {
    const response = await ask(method, path, body === undefined ? undefined : JSON.stringify(body));
    const text = await response.text();
    record.answers.push(`${headText(response)}\n${text}`);
    return toAnswer(response, text);
  };
  const run: Caller['run'] = (threadId, payload) =>
    send('POST', `/threads/${threadId}/runs/wait`, { assistant_id: assistantId, ...payload });
  return {
    send,
    run,
    thread: async () => (await send('POST', '/threads', {})).json.thread_id,
    say: (threadId, text, extra = {}) => run(threadId, { input: toInput(text), ...extra }),
    decide: (threadId, decision) => run(threadId, { command: { resume: { decisions: [decision] } } }),
    sendText: async (path, body) => {
      const response = await ask('POST', path, body);
      record.answers.push(`${headText(response)}\n${await response.text()}`);
      return response.status;
    },
    stream: async (path, payload, at) => {
      const body = { assistant_id: assistantId, stream_mode: everyMode, ...payload };
      const response = await ask('POST', path, JSON.stringify(body));
      const text = await readStream(response, at);
      record.streams.push(`${headText(response)}\n${text}`);
      return text;
    },
  };
}

/** The input of a run that says one thing. */
export function toInput(text: string): object {
  return { messages: [{ role: 'user', content: text }] };
}

async function readStream(response: Response, at: StreamMoment | undefined): Promise<string> {
  let text = '';
  let hasActed = at === undefined;
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (hasActed || !text.includes(`event: ${at?.event ?? ''}`)) continue;
    hasActed = true;
    await at?.act();
  }
  if (!hasActed) throw new Error(`The stream had no event ${at?.event ?? ''}.`);
  return text;
}

function headText(response: Response): string {
  return [String(response.status), ...[...response.headers].map(([name, value]) => `${name}: ${value}`)].join(
    '\n',
  );
}

function toAnswer(response: Response, text: string): ApiAnswer {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Refusals come as plain text too.
  }
  return { status: response.status, headers: response.headers, text, json };
}
