import { RunnableLambda } from '@langchain/core/runnables';
import { Command } from '@langchain/langgraph';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findFleetError } from '../../src/errors.js';
import type { TestAgent, TestGraph } from '../support/test-agent.js';
import { startTestAgent } from '../support/test-agent.js';

/** Every way into a compiled graph that LangChain’s runnables have. */
type Door = (graph: TestGraph, input: never, config: object) => Promise<unknown>;

const pass = () => RunnableLambda.from((value: unknown) => value);

async function readAll(events: unknown): Promise<void> {
  // Some doors give a stream and some a promise of one.
  const iterator = ((await events) as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}

async function* once(input: unknown): AsyncGenerator {
  yield input;
}

const doors: Readonly<Record<string, Door>> = {
  invoke: (graph, input, config) => graph.invoke(input, config),
  stream: (graph, input, config) => readAll(graph.stream(input, config)),
  batch: (graph, input, config) => graph.batch([input], config),
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- a door that is deprecated is open all the same
  streamLog: (graph, input, config) => readAll(graph.streamLog(input, config)),
  'streamEvents v1': (graph, input, config) =>
    readAll(graph.streamEvents(input, { ...config, version: 'v1' } as never)),
  'streamEvents v2': (graph, input, config) =>
    readAll(graph.streamEvents(input, { ...config, version: 'v2' } as never)),
  'streamEvents v3': (graph, input, config) =>
    readAll(graph.streamEvents(input, { ...config, version: 'v3' } as never)),
  transform: (graph, input, config) => readAll(graph.transform(once(input) as never, config)),
  'pipe().invoke': (graph, input, config) => graph.pipe(pass()).invoke(input, config),
  'pipe().stream': (graph, input, config) => readAll(graph.pipe(pass()).stream(input, config)),
  'pipe().streamEvents': (graph, input, config) =>
    readAll(graph.pipe(pass()).streamEvents(input, { ...config, version: 'v2' })),
  'withRetry().stream': (graph, input, config) =>
    readAll(graph.withRetry({ stopAfterAttempt: 1 }).stream(input, config)),
  'withFallbacks().stream': (graph, input, config) =>
    readAll(graph.withFallbacks([pass() as never]).stream(input, config)),
  'withConfig().transform': (graph, input, config) =>
    readAll(graph.withConfig({ tags: ['x'] }).transform(once(input) as never, config)),
};

let agent: TestAgent;

beforeEach(async () => {
  agent = await startTestAgent({
    steps: [[{ name: 'make_thing', args: { name: 'a' } }], 'made', 'more'],
  });
});
afterEach(() => agent.close());

describe.each(Object.entries(doors))('%s', (_name, door) => {
  it('lets nobody in but the owner, and keeps nothing of a stranger', async () => {
    const alice = agent.open('thread-1', 'alice');
    await alice.say('make it');
    const bobs = { configurable: { thread_id: 'thread-1', _user_token: agent.issuer.token('bob') } };
    const before = await alice.messages();

    for (const input of [
      new Command({ resume: { decisions: [{ type: 'approve' }] } }),
      { messages: [{ role: 'user', content: 'bob was here' }] },
    ]) {
      const error: unknown = await door(agent.graph, input as never, bobs).catch((reason: unknown) => reason);
      // withFallbacks goes on to the fallback, which is no way into the graph.
      if (error instanceof Error) expect(findFleetError(error)?.code).toBe('ERR_PRINCIPAL_MISMATCH');
      else expect(_name).toBe('withFallbacks().stream');
    }
    await alice.goOn();

    expect(await alice.messages()).toEqual(before);
    expect(await alice.approval()).toBeDefined();
    expect(agent.server.calls).toEqual([]);
  });
});

describe('the first run of a thread', () => {
  it('that stops for a sign-in makes its person the owner all the same', async () => {
    agent.server.failWith = 401;
    const alice = agent.open('thread-1', 'alice');
    expect((await alice.say('my secret wish')).__interrupt__).toHaveLength(1);
    agent.server.failWith = undefined;

    await expect(agent.open('thread-1', 'bob').resume(true)).rejects.toMatchObject({
      code: 'ERR_PRINCIPAL_MISMATCH',
    });

    expect((await alice.resume(true)).__interrupt__?.[0]?.value).toHaveProperty('actionRequests');
  });

  it('of two people at the same time is one person’s', async () => {
    const runs = await Promise.allSettled(
      ['alice', 'bob'].map((person) => agent.open('thread-1', person).say(`I am ${person}`)),
    );

    const refused = runs.flatMap((run) => (run.status === 'rejected' ? [run.reason as unknown] : []));
    expect(refused).toMatchObject([{ code: 'ERR_PRINCIPAL_MISMATCH' }]);
    const { values } = await agent.graph.getState({ configurable: { thread_id: 'thread-1' } });
    expect(JSON.stringify(values).match(/I am (?:alice|bob)/g)).toHaveLength(1);
  });

  it('stays its person’s when the state is overwritten with another', async () => {
    const alice = agent.open('thread-1', 'alice');
    await alice.say('make it');
    const bob = { issuer: agent.issuer.issuer, subject: 'bob' };
    const overwrite = { _threadOwner: { __overwrite__: bob } };
    await agent.graph.updateState({ configurable: { thread_id: 'thread-1' } }, overwrite);

    await expect(agent.open('thread-1', 'bob').say('mine now')).rejects.toMatchObject({
      code: 'ERR_PRINCIPAL_MISMATCH',
    });
  });
});
