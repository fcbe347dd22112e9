/** Talks to the agent server as curl does: fetch, a bearer token, JSON. */

/** JSON from the server, of whatever shape a test expects. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a wrong guess fails the test that makes it
export type Json = any;

/** An answer, read to its end. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly json: Json;
}

/** One event of a run’s stream. */
export interface StreamEvent {
  readonly event: string;
  readonly data: Json;
}

/** The server as one caller sees it. */
export interface AgentApi {
  send(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<ApiAnswer>;
  /** Makes a thread and gives its id. */
  thread(): Promise<string>;
  /** Runs to the end or to an interrupt; gives the answer of `runs/wait`. */
  run(threadId: string, payload: object): Promise<ApiAnswer>;
  /** Runs and gives every event of the stream. */
  stream(threadId: string, payload: object): Promise<readonly StreamEvent[]>;
  /** Sends a message and waits for the run. */
  say(threadId: string, text: string, extra?: object): Promise<ApiAnswer>;
  /** Answers the open approval. */
  decide(threadId: string, decision: object): Promise<ApiAnswer>;
}

/** The only graph. */
export const assistantId = 'aws_rds_instance_creator';

/** A request that leaves nothing to ask. */
export const wholeRequest = (name: string, env = 'dev'): string =>
  `Create a PostgreSQL 16.4 instance named ${name} in ${env} of acme, class db.t3.small, 20 GB, user app_admin, ` +
  'private, with subnet-0a1b2c3d and subnet-1a2b3c4d';

/** Makes the caller’s side; no token for nobody. */
export function createAgentApi(url: string, token?: string): AgentApi {
  const send: AgentApi['send'] = async (method, path, body, headers = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parse(text) };
  };
  const run: AgentApi['run'] = (threadId, payload) =>
    send('POST', `/threads/${threadId}/runs/wait`, { assistant_id: assistantId, ...payload });
  return {
    send,
    thread: async () => (await send('POST', '/threads', {})).json.thread_id,
    run,
    stream: async (threadId, payload) => {
      const body = { assistant_id: assistantId, ...payload };
      return toEvents((await send('POST', `/threads/${threadId}/runs/stream`, body)).text);
    },
    say: (threadId, text, extra = {}) =>
      run(threadId, { input: { messages: [{ role: 'user', content: text }] }, ...extra }),
    decide: (threadId, decision) => run(threadId, { command: { resume: { decisions: [decision] } } }),
  };
}

/** The last thing the agent said in a run’s answer. */
export function lastText({ json }: ApiAnswer): string {
  const { content } = json.messages.at(-1);
  return typeof content === 'string' ? content : JSON.stringify(content);
}

/** The value of the open interrupt of a run’s answer; undefined when nothing waits. */
export function openApproval({ json }: ApiAnswer): Json {
  return json?.__interrupt__?.[0]?.value;
}

function toEvents(text: string): readonly StreamEvent[] {
  return text.split(/\r?\n\r?\n/).flatMap((block) => {
    const event = /^event: (.*)$/m.exec(block)?.[1];
    return event === undefined ? [] : [{ event, data: parse(/^data: (.*)$/m.exec(block)?.[1] ?? '') }];
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
