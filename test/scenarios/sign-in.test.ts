import { createMiddleware } from 'langchain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../src/logger.js';
import type { SignInRequest } from '../../src/middleware/sign-in.js';
import { defineWrapperTool } from '../../src/tools/define-wrapper-tool.js';
import type { Step } from '../../src/testing/scripted-model.js';
import type { AgentState, Conversation, TestAgent, TestAgentOptions } from '../support/test-agent.js';
import {
  lastToolAnswer,
  makeThing,
  openConversation,
  startTestAgent,
  testTools,
  whoAmI,
} from '../support/test-agent.js';

const approve = { decisions: [{ type: 'approve' }] };
const write: Step = [{ name: 'make_thing', args: { name: 'a' }, id: 'call_1' }];
const read: Step = [{ name: 'who_am_i', args: {} }];
const lifeSeconds = 600;

let agent: TestAgent;
let token: string;
let lines: string[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  lines = [];
});

afterEach(async () => {
  vi.useRealTimers();
  await agent.close();
});

async function start(options: TestAgentOptions): Promise<Conversation> {
  const logger = createLogger({
    level: 'debug',
    format: 'json',
    write: (line) => void lines.push(line),
  });
  agent = await startTestAgent({ logger, ...options });
  signIn();
  return openConversation(agent.graph, 'thread-1', () => token);
}

function signIn(subject = 'alice'): void {
  token = agent.issuer.token(subject);
}

function expire(): void {
  vi.setSystemTime(Date.now() + (lifeSeconds + 60) * 1000);
}

function signInAsked(state: AgentState): SignInRequest | undefined {
  const value: unknown = state.__interrupt__?.[0]?.value;
  // The first interrupt of these tests is a sign-in where it has that type.
  return (value as SignInRequest | undefined)?.type === 'sign-in' ? (value as SignInRequest) : undefined;
}

const expired = {
  type: 'sign-in',
  reason: 'expired',
  message: 'Your sign-in has expired; sign in again and go on.',
};
const refused = {
  type: 'sign-in',
  reason: 'refused',
  message: 'Your sign-in was not accepted; sign in again.',
};

describe('F34 a token that expires', () => {
  it('before a run refuses it, and the next run goes on with a new one', async () => {
    const thread = await start({ steps: ['hello'] });
    expire();

    await expect(thread.say('hello')).rejects.toMatchObject({ code: 'ERR_TOKEN_INVALID', reason: 'expired' });
    expect(await thread.messages()).toEqual([]);
    signIn();

    expect((await thread.say('hello')).messages.at(-1)?.text).toBe('hello');
  });

  it('too soon after the run would begin refuses it before the work starts', async () => {
    const thread = await start({ steps: ['hello'] });

    vi.setSystemTime(Date.now() + (lifeSeconds - 9) * 1000);
    await expect(thread.say('hello')).rejects.toMatchObject({ reason: 'expired' });
    vi.setSystemTime(Date.now() - 2000);

    expect((await thread.say('hello')).messages.at(-1)?.text).toBe('hello');
    expect(agent.model.shown).toHaveLength(1);
  });

  it('between the load and the call stops the run before the approval, which is asked for after the sign-in', async () => {
    const thread = await start({ steps: [() => (expire(), write), 'made'] });

    expect(signInAsked(await thread.say('make a'))).toEqual(expired);
    signIn();
    const asked = await thread.resume(true);

    expect(asked.__interrupt__?.[0]?.value.actionRequests).toMatchObject([{ args: { name: 'a' } }]);
    expect(agent.server.calls).toEqual([]);
    expect((await thread.resume(approve)).messages.at(-1)?.text).toBe('made');
    expect(agent.server.calls).toHaveLength(1);
    expect(agent.model.shown).toHaveLength(2);
  });

  it('between the approval and the call stops the run, which then makes the call without asking again', async () => {
    const late = createMiddleware({
      name: 'Late',
      afterModel: () => {
        if (agent.model.shown.length === 1) expire();
      },
    });
    const thread = await start({ steps: [write, 'made'], middlewareBefore: [late] });
    await thread.say('make a');

    expect(signInAsked(await thread.resume(approve))).toEqual(expired);
    expect(agent.server.calls).toEqual([]);
    signIn();
    const done = await thread.resume({});

    expect(done.messages.at(-1)?.text).toBe('made');
    expect(agent.server.calls).toHaveLength(1);
  });

  it('during a long call lets the call end, and the run goes on after the sign-in', async () => {
    const make_thing = {
      ...testTools['make_thing']!,
      run: (...call: Parameters<NonNullable<(typeof testTools)['make_thing']>['run']>) => {
        expire();
        return testTools['make_thing']!.run(...call);
      },
    };
    const thread = await start({ tools: { ...testTools, make_thing }, steps: [write, 'made'] });
    await thread.say('make a');

    const stopped = await thread.resume(approve);
    expect(signInAsked(stopped)).toEqual(expired);
    expect(lastToolAnswer(stopped.messages)).toEqual({ made: 'a', by: 'alice' });
    signIn();

    expect((await thread.resume('signed in')).messages.at(-1)?.text).toBe('made');
    expect(agent.server.calls).toHaveLength(1);
  });

  it('during an approval leaves it open for the new one', async () => {
    const thread = await start({ steps: [write, 'made'] });
    await thread.say('make a');
    expire();

    await expect(thread.resume(approve)).rejects.toMatchObject({ reason: 'expired' });
    signIn();
    const done = await thread.resume(approve);

    expect(done.messages.at(-1)?.text).toBe('made');
    expect(agent.server.calls).toHaveLength(1);
  });

  it('in the middle of a run needs no sign-in when the person has presented a newer one', async () => {
    const who_am_i = {
      ...testTools['who_am_i']!,
      run: async (...call: Parameters<NonNullable<(typeof testTools)['who_am_i']>['run']>) => {
        const exp = Math.floor(Date.now() / 1000) + 3 * lifeSeconds;
        const newer = agent.issuer.token('alice', { exp });
        await openConversation(agent.graph, 'thread-2', () => newer).say('here I am again');
        expire();
        return testTools['who_am_i']!.run(...call);
      },
    };
    const thread = await start({ tools: { ...testTools, who_am_i }, steps: [read, 'hello again', 'done'] });

    const { messages } = await thread.say('who am I?');

    expect(messages.at(-1)?.text).toBe('done');
  });
});

describe('an answer to the sign-in', () => {
  it('approves nothing, though it looks like an approval', async () => {
    const thread = await start({ steps: [() => (expire(), write), 'made'] });
    await thread.say('make a');
    signIn();

    const asked = await thread.resume(approve);

    expect(asked.__interrupt__?.[0]?.value.actionRequests).toHaveLength(1);
    expect(asked.__interrupt__?.[0]?.value).not.toHaveProperty('refusal');
    expect(agent.server.calls).toEqual([]);
    await thread.resume({ decisions: [{ type: 'reject', message: 'no' }] });
    expect(agent.server.calls).toEqual([]);
  });

  it('of another person is refused, and the run still waits for its own', async () => {
    const thread = await start({ steps: [() => (expire(), read), () => 'done'] });
    await thread.say('who am I?');
    signIn('bob');

    await expect(thread.resume(true)).rejects.toMatchObject({ code: 'ERR_PRINCIPAL_MISMATCH' });
    signIn();

    expect((await thread.resume(true)).messages.at(-1)?.text).toBe('done');
    expect(agent.server.calls.map(({ subject }) => subject)).toEqual(['alice']);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toContainEqual(
      expect.objectContaining({ event: 'thread.refused', subject: 'bob', threadId: 'thread-1' }),
    );
  });

  it('with a token that has expired too is refused', async () => {
    const thread = await start({ steps: [() => (expire(), read), () => 'done'] });
    await thread.say('who am I?');

    await expect(thread.resume(true)).rejects.toMatchObject({ reason: 'expired' });
    signIn();

    expect((await thread.resume(true)).messages.at(-1)?.text).toBe('done');
  });

  it('may be a new message instead: the waiting call is not made', async () => {
    const thread = await start({ steps: [() => (expire(), write), () => 'as you like'] });
    await thread.say('make a');
    signIn();

    const { messages } = await thread.say('leave it');

    expect(messages.at(-1)?.text).toBe('as you like');
    expect(agent.server.calls).toEqual([]);
  });
});

describe('F15 a token that the server refuses', () => {
  function refuseOnce(method: string): void {
    let isRefused = false;
    agent.server.intercept = (called) => {
      if (called !== method || isRefused) return undefined;
      isRefused = true;
      return new Response('revoked', { status: 401 });
    };
  }

  it('at a write stops the run; the same approval serves the call after the sign-in', async () => {
    const thread = await start({ steps: [write, 'made'] });
    await thread.say('make a');
    refuseOnce('tools/call');

    expect(signInAsked(await thread.resume(approve))).toEqual(refused);
    signIn();
    const done = await thread.resume({ token: 'not looked at' });

    expect(done.messages.at(-1)?.text).toBe('made');
    expect(agent.server.calls).toHaveLength(1);
  });

  it('at the load stops the run with its message kept', async () => {
    const thread = await start({ steps: ['hello'] });
    agent.server.failWith = 401;

    expect(signInAsked(await thread.say('are you there?'))).toEqual(refused);
    agent.server.failWith = undefined;
    signIn();
    const { messages } = await thread.resume(true);

    expect(messages.map(({ text }) => text)).toEqual(['are you there?', 'hello']);
  });

  it('still refused after the sign-in stops the run again', async () => {
    const thread = await start({ steps: [read, 'done'] });
    agent.server.intercept = (method) =>
      method === 'tools/call' ? new Response('revoked', { status: 401 }) : undefined;

    expect(signInAsked(await thread.say('who am I?'))).toEqual(refused);
    signIn();
    expect(signInAsked(await thread.resume(true))).toEqual(refused);
    agent.server.intercept = undefined;
    signIn();

    expect((await thread.resume(true)).messages.at(-1)?.text).toBe('done');
    expect(agent.server.calls).toHaveLength(1);
  });

  it('at the look at one edit of two keeps both edits', async () => {
    const looked = defineWrapperTool({
      ...makeThing.wrapper,
      lookFirst: async (_args, look) => {
        await look('who_am_i', {});
      },
    });
    const calls = ['a', 'b'].map((name) => ({ name: 'make_thing', args: { name }, id: `call_${name}` }));
    const thread = await start({ wrappers: [whoAmI, looked], steps: [calls, 'made'] });
    await thread.say('make both');
    let looks = 0;
    agent.server.intercept = (method) => {
      if (method !== 'tools/call') return undefined;
      looks += 1;
      return looks === 2 ? new Response('revoked', { status: 401 }) : undefined;
    };
    const edits = ['a2', 'b2'].map((name) => ({
      type: 'edit',
      editedAction: { name: 'make_thing', args: { name } },
    }));

    expect(signInAsked(await thread.resume({ decisions: edits }))).toEqual(refused);
    agent.server.intercept = undefined;
    signIn();
    const done = await thread.resume(true);

    expect(done.messages.at(-1)?.text).toBe('made');
    const made = agent.server.calls.filter(({ tool }) => tool === 'make_thing');
    expect(made.map(({ args }) => args['name']).sort()).toEqual(['a2', 'b2']);
  });

  it('at two calls of one step goes on after one sign-in', async () => {
    const thread = await start({
      steps: [
        [
          { name: 'who_am_i', args: {} },
          { name: 'who_am_i', args: { question: 'again' } },
        ],
        'done',
      ],
    });
    let refusals = 2;
    agent.server.intercept = (method) => {
      if (method !== 'tools/call' || refusals === 0) return undefined;
      refusals -= 1;
      return new Response('revoked', { status: 401 });
    };

    expect(signInAsked(await thread.say('who am I?'))).toEqual(refused);
    signIn();

    expect((await thread.resume(true)).messages.at(-1)?.text).toBe('done');
    expect(agent.server.calls).toHaveLength(2);
  });
});
