import { inspect } from 'node:util';
import { serialize } from 'node:v8';
import { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import type { MemorySaver } from '@langchain/langgraph';
import { Command } from '@langchain/langgraph';
import { tool } from 'langchain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createLogger } from '../../src/logger.js';
import type { PlaceReport } from '../support/canary.js';
import { createCanarySearch, spellingsOf, toReportTable } from '../support/canary.js';
import { toCanaries } from '../support/canary-tokens.js';
import { textResult } from '../../src/testing/test-tool.js';
import type { TestAgent } from '../support/test-agent.js';
import type { TestTool } from '../../src/testing/test-tool.js';
import { secretPassword, startTestAgent, testTools } from '../support/test-agent.js';

/** Every place, and a text that stands in it. */
const witnesses = {
  results: 'make_thing',
  errors: 'ERR_TOKEN_INVALID',
  streams: 'make_thing',
  streamEvents: 'make_thing',
  'state and history': 'make_thing',
  'checkpoints and writes': 'make_thing',
  tracers: 'make_thing',
  log: 'mcp.tools.loaded',
  model: 'make_thing',
  'config of tools': 'look_at_config',
  graph: 'who_am_i',
} as const;
type PlaceName = keyof typeof witnesses;
// The keys of the record above.
const placeNames = Object.keys(witnesses) as PlaceName[];

const approve = new Command({ resume: { decisions: [{ type: 'approve' }] } });
const modes = ['values', 'updates', 'messages', 'custom', 'debug', 'checkpoints', 'tasks', 'tools'];

let agent: TestAgent;
let reports: readonly PlaceReport[];
const texts = new Map<PlaceName, string[]>(placeNames.map((name) => [name, []]));
const tokens: Record<string, string> = {};

beforeAll(async () => {
  agent = await startTestAgent({
    localTools: [lookAtConfig],
    tools: { ...testTools, make_thing, who_am_i },
    steps: [answerFor],
    logger: createLogger({ level: 'debug', format: 'json', write: (line) => texts.get('log')?.push(line) }),
  });
  agent.server.intercept = intercept;
  await goWell();
  await goWrong();
  await readKept();
  const search = createCanarySearch([...toCanaries(tokens), { name: 'password', text: secretPassword }]);
  reports = [...texts].map(([name, found]) => search({ name, texts: found, witness: witnesses[name] }));
  process.stdout.write(toReportTable(reports));
});
afterAll(() => agent.close());

/** A tool of the agent’s own author, who looks at what LangGraph hands to it. */
const lookAtConfig = tool(
  (_args: unknown, config: unknown) => {
    keep('config of tools', config);
    return 'looked';
  },
  { name: 'look_at_config', description: 'Looks.', schema: z.object({}) },
);

/** A server that repeats what it was given, as one does that shows what it made. */
const make_thing: TestTool = {
  ...testTools['make_thing']!,
  run: async (args, { progress }) => {
    await progress(`makes ${JSON.stringify(args)}`, 1);
    if (args['name'] === 'broken') throw new Error(`cannot make ${JSON.stringify(args)}`);
    return {
      ...textResult({ made: args }),
      structuredContent: { made: args },
      isError: args['name'] === 'refused',
    };
  },
};

/** The server’s fault of the moment, and the Authorization header of its newest request. */
const fault: { header: string; callStatus: number | undefined } = { header: '', callStatus: undefined };

/** The header, whole and in parts, in every spelling but hexadecimal, in which nothing gives a header back. */
function echoHeader(): string {
  const parts = [fault.header, ...fault.header.slice('Bearer '.length).split('.')];
  return parts
    .flatMap(spellingsOf)
    .filter((text) => !/^[\da-f]+$/i.test(text))
    .join(' ');
}

const who_am_i: TestTool = {
  ...testTools['who_am_i']!,
  run: async (_args, { progress }) => {
    await progress(`heard ${echoHeader()}`, 1);
    // A token that no request of this connection carried is known by its form alone.
    const echo = [echoHeader(), `and of somebody else: ${tokenOf('carol')}`];
    return { ...textResult({ echo }), structuredContent: { echo } };
  },
};

/** Remembers the header, and answers a call in the server’s place where the call or the test asks for a fault. */
async function intercept(method: string, request: Request): Promise<Response | undefined> {
  fault.header = request.headers.get('authorization') ?? '';
  if (method !== 'tools/call') return undefined;
  const body = await request.clone().text();
  if (body.includes('"wrecked"')) {
    const error = { code: -32_603, message: `cannot take ${body}`, data: { body } };
    return Response.json({ jsonrpc: '2.0', id: JSON.parse(body).id, error });
  }
  if (fault.callStatus === undefined) return undefined;
  const headers = { 'www-authenticate': `Bearer error="insufficient_scope", scope="${fault.header}"` };
  return new Response(echoHeader(), { status: fault.callStatus, headers });
}

function answerFor(messages: readonly { readonly type: string; readonly text: string }[]) {
  const last = messages.at(-1);
  if (last?.type !== 'human') return 'done';
  if (last.text.startsWith('make'))
    return [{ name: 'make_thing', args: { name: last.text.slice('make '.length) } }];
  if (last.text.includes('look')) return [{ name: 'look_at_config', args: {} }];
  return [{ name: 'who_am_i', args: {} }];
}

/** Keeps everything that can be read off a value: as a debugger prints it, as JSON, and as another thread would get it. */
function keep(place: PlaceName, value: unknown): void {
  const kept = texts.get(place);
  kept?.push(inspect(value, { depth: 10, showHidden: true, maxStringLength: null, maxArrayLength: null }));
  for (const read of [() => JSON.stringify(value, bytesAsText), () => serialize(value).toString('latin1')]) {
    try {
      kept?.push(read());
    } catch {
      // A value with cycles is no JSON, and one with functions is not cloned.
    }
  }
}

function bytesAsText(_name: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  return value instanceof Map ? [...(value as Map<unknown, unknown>)] : value;
}

/** A fresh token of somebody, which the sweep then looks for. */
function tokenOf(subject: string, claims: Readonly<Record<string, unknown>> = {}): string {
  const token = agent.issuer.token(subject, claims);
  tokens[`${subject} ${Object.keys(tokens).length}`] = token;
  return token;
}

const methods = [
  ...['handleChainStart', 'handleChainEnd', 'handleChainError', 'handleToolStart', 'handleToolEnd'],
  ...[
    'handleToolError',
    'handleChatModelStart',
    'handleLLMStart',
    'handleLLMEnd',
    'handleLLMError',
    'handleCustomEvent',
  ],
];
const tracer = BaseCallbackHandler.fromMethods(
  Object.fromEntries(methods.map((name) => [name, (...args: unknown[]) => keep('tracers', args)])),
);

const runConfig = (thread_id: string, token: unknown, more: object = {}) =>
  ({ configurable: { thread_id, _user_token: token }, callbacks: [tracer], ...more }) as never;
const say = (content: string) => ({ messages: [{ role: 'user', content }] }) as never;

async function goWell(): Promise<void> {
  agent.server.echo = ['result', 'progress'];
  for (const text of ['make it', 'make broken', 'make refused', 'make wrecked', 'who am I?', 'look']) {
    const thread = `result of ${text}`;
    keep('results', await agent.graph.invoke(say(text), runConfig(thread, tokenOf('alice'))));
    if (text.startsWith('make'))
      keep('results', await agent.graph.invoke(approve as never, runConfig(thread, tokenOf('alice'))));
  }
  for (const input of [say('make it'), approve as never]) {
    const config = runConfig('streamed', tokenOf('alice'), { streamMode: modes, subgraphs: true });
    for await (const event of await agent.graph.stream(input, config)) keep('streams', event);
  }
  for (const version of ['v1', 'v2', 'v3'])
    for (const input of [say('make it'), approve as never]) {
      // v1 and v2 give the events at once, v3 gives them in a promise; the types know one form each.
      const events = await agent.graph.streamEvents(input, runConfig(version, tokenOf('alice'), { version }));
      for await (const event of events as AsyncIterable<unknown>) keep('streamEvents', event);
    }
}

async function goWrong(): Promise<void> {
  agent.server.echo = ['error'];
  keep('results', await agent.graph.invoke(say('who am I?'), runConfig('echo', tokenOf('alice'))));
  agent.server.echo = ['http-error'];
  for (const status of [400, 401, 403, 404, 429, 500, 503]) {
    agent.server.failWith = status;
    await refused(say('who am I?'), runConfig(`http-${String(status)}`, tokenOf('alice')));
  }
  agent.server.failWith = undefined;
  agent.server.echo = [];
  for (const status of [400, 401, 403, 404, 429, 500, 503]) {
    fault.callStatus = status;
    await refused(say('who am I?'), runConfig(`call-${String(status)}`, tokenOf('alice')));
  }
  fault.callStatus = undefined;
  const [header = '', payload = '', signature = ''] = tokenOf('alice').split('.');
  tokens['forged'] = [header, payload, [...signature].reverse().join('')].join('.');
  tokens['garbage'] = 'garbage-canary with spaces, which no bearer token has';
  const bad = [
    tokenOf('alice', { iat: 1_000, exp: 2_000 }),
    tokens['forged'],
    tokens['garbage'],
    undefined,
    { token: tokenOf('alice') },
  ];
  for (const token of bad) await refused(say('who am I?'), runConfig('bad token', token));
  await refused(say('who am I?'), runConfig('streamed', tokenOf('bob')));
  await refused(approve as never, runConfig('streamed', tokenOf('bob')));
  const noAudience = tokenOf('alice', { aud: ['test-agent'] });
  keep('results', await agent.graph.invoke(say('who am I?'), runConfig('not for the server', noAudience)));
  const stopped = AbortSignal.abort(new Error('enough'));
  await refused(say('who am I?'), runConfig('aborted', tokenOf('alice'), { signal: stopped }));
  await agent.server.stop();
  await refused(say('who am I?'), runConfig('down', tokenOf('alice')));
}

/** Runs what must not end well, and keeps what came of it: an error with its causes and stacks, or a result. */
async function refused(input: never, config: never): Promise<void> {
  await agent.graph.invoke(input, config).then(
    (result: unknown) => keep('results', result),
    (error: unknown) => {
      for (let cause = error; cause instanceof Error; cause = cause.cause)
        keep('errors', [cause, cause.name, cause.message, cause.stack, Object.entries(cause)]);
    },
  );
}

async function readKept(): Promise<void> {
  for (const thread_id of ['streamed', 'v2', 'echo', 'bad token', 'result of look']) {
    keep('state and history', await agent.graph.getState({ configurable: { thread_id } }));
    for await (const past of agent.graph.getStateHistory({ configurable: { thread_id } }))
      keep('state and history', past);
  }
  // The test agent keeps its threads in memory.
  const { storage, writes } = agent.checkpointer as MemorySaver;
  keep('checkpoints and writes', { storage, writes });
  keep('model', agent.model.shown);
  keep('graph', agent.graph);
}

describe('after every kind of run in process', () => {
  it.each(placeNames)('no token or password stands in: %s', (name) => {
    const report = reports.find(({ place }) => place === name);

    expect(report?.bytes).toBeGreaterThan(0);
    expect(report?.hasWitness).toBe(true);
    expect(report?.found).toEqual([]);
  });

  it('the server had the tokens and the password', () => {
    const made = agent.server.calls.filter(({ tool: name }) => name === 'make_thing');

    expect(made.map(({ args }) => args['password'])).toEqual(made.map(() => secretPassword));
    expect(made.length).toBeGreaterThan(4);
  });
});
