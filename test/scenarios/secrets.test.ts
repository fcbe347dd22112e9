import { inspect } from 'node:util';
import { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import type { MemorySaver } from '@langchain/langgraph';
import { Command } from '@langchain/langgraph';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../src/logger.js';
import type { TestAgent } from '../support/test-agent.js';
import { secretPassword, startTestAgent } from '../support/test-agent.js';

const approve = new Command({ resume: { decisions: [{ type: 'approve' }] } });
const hello = { messages: [{ role: 'user', content: 'make it' }] };

let agent: TestAgent;
let token: string;
let lines: string[];

beforeEach(async () => {
  lines = [];
  agent = await startTestAgent({
    steps: [[{ name: 'make_thing', args: { name: 'a' } }], () => 'done'],
    logger: createLogger({ level: 'debug', format: 'json', write: (line) => void lines.push(line) }),
  });
  token = agent.issuer.token('alice');
});

afterEach(() => agent.close());

function config(more: Readonly<Record<string, unknown>> = {}) {
  return { configurable: { thread_id: 'thread-1', _user_token: token }, ...more };
}

/** Everything that can be read off a value: as JSON, as a debugger prints it, and bytes as text. */
function everythingIn(value: unknown): string {
  const asText = (_key: string, member: unknown): unknown => {
    if (member instanceof Uint8Array) return Buffer.from(member).toString('latin1');
    if (member instanceof Map) return [...(member as Map<unknown, unknown>)];
    return member;
  };
  return `${JSON.stringify(value, asText)} ${inspect(value, { depth: 12, showHidden: true, maxStringLength: null })}`;
}

function expectClean(text: string): void {
  const [, payload = '', signature = ''] = token.split('.');
  expect(text).not.toContain(secretPassword);
  expect(text).not.toContain(payload);
  expect(text).not.toContain(signature);
}

async function collect(events: AsyncIterable<unknown>): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

const modes = ['values', 'updates', 'messages', 'custom', 'debug', 'checkpoints', 'tasks'] as const;

describe('the token and the password', () => {
  it.each(modes)('are in no event of the stream mode %s', async (streamMode) => {
    const asked = await collect(await agent.graph.stream(hello as never, config({ streamMode }) as never));
    const done = await collect(await agent.graph.stream(approve as never, config({ streamMode }) as never));

    expect(agent.server.calls[0]?.args['password']).toBe(secretPassword);
    if (streamMode !== 'custom') expect(asked.length + done.length).toBeGreaterThan(1);
    expectClean(everythingIn([asked, done]));
  });

  it.each(['v1', 'v2', 'v3'])('are in no event of streamEvents %s', async (version) => {
    // v1 and v2 give the events at once, v3 gives them in a promise; the types know one form each.
    const eventsOf = async (input: unknown): Promise<unknown[]> =>
      collect(
        (await agent.graph.streamEvents(
          input as never,
          config({ version }) as never,
        )) as AsyncIterable<unknown>,
      );
    const events = [...(await eventsOf(hello)), ...(await eventsOf(approve))];

    expect(agent.server.calls[0]?.args['password']).toBe(secretPassword);
    expect(events.length).toBeGreaterThan(10);
    expectClean(everythingIn(events));
  });

  it('are in no result, state, history or checkpoint', async () => {
    const asked: unknown = await agent.graph.invoke(hello as never, config());
    const done: unknown = await agent.graph.invoke(approve as never, config());

    const history = await collect(agent.graph.getStateHistory({ configurable: { thread_id: 'thread-1' } }));
    // The test agent keeps its threads in memory.
    const { storage, writes } = agent.checkpointer as MemorySaver;
    const kept = everythingIn({ storage, writes });
    expect(kept).toContain('make_thing');
    expect(kept).toContain('approval:');
    expectClean(everythingIn([asked, done, history]));
    expectClean(kept);
  });

  it('are in nothing the model is shown', async () => {
    await agent.graph.invoke(hello as never, config());
    await agent.graph.invoke(approve as never, config());

    expect(agent.model.shown).toHaveLength(2);
    expectClean(everythingIn(agent.model.shown));
  });

  it('are in nothing a tracer is told', async () => {
    const told: unknown[] = [];
    const methods = [
      'handleChainStart',
      'handleChainEnd',
      'handleToolStart',
      'handleToolEnd',
      'handleToolError',
    ] as const;
    const more = ['handleChatModelStart', 'handleLLMEnd', 'handleChainError', 'handleCustomEvent'] as const;
    const record = (...args: unknown[]) => void told.push(args);
    const tracer = BaseCallbackHandler.fromMethods(
      Object.fromEntries([...methods, ...more].map((name) => [name, record])),
    );

    await agent.graph.invoke(hello as never, config({ callbacks: [tracer] }) as never);
    await agent.graph.invoke(approve as never, config({ callbacks: [tracer] }) as never);

    expect(told.length).toBeGreaterThan(10);
    expectClean(everythingIn(told));
  });

  it('are in no line of the log, and neither are arguments', async () => {
    await agent.graph.invoke(hello as never, config());
    await agent.graph.invoke(approve as never, config());

    const events = lines.map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events).toEqual(['mcp.tools.loaded', 'approval.asked', 'approval.given', 'tool.called']);
    expectClean(lines.join('\n'));
    expect(lines.join('\n')).not.toContain('"name":"a"');
  });

  it('are in no error of a refused run', async () => {
    const stranger = agent.issuer.token('alice', { iat: 1_000, exp: 2_000 });
    const configurable = { thread_id: 'thread-2', _user_token: stranger };

    const error: unknown = await agent.graph
      .invoke(hello as never, { configurable })
      .catch((reason: unknown) => reason);

    expect(error).toMatchObject({ code: 'ERR_TOKEN_INVALID', reason: 'expired' });
    const text = everythingIn(error);
    for (const part of stranger.split('.').slice(1)) expect(text).not.toContain(part);
  });

  it('stay where they were in the caller’s own config', async () => {
    const own = config();

    await agent.graph.invoke(hello as never, own);

    expect(own.configurable._user_token).toBe(token);
  });
});

describe('progress of a tool', () => {
  it('is seen on the custom stream with its tool call', async () => {
    await agent.close();
    agent = await startTestAgent({
      tools: {
        who_am_i: {
          run: async (_args, { progress }) => {
            await progress('half', 1);
            return { content: [{ type: 'text', text: 'me' }] };
          },
        },
      },
      steps: [[{ name: 'who_am_i', args: {}, id: 'call_1' }], 'done'],
    });
    token = agent.issuer.token('alice');

    const events = await collect(
      await agent.graph.stream(hello as never, config({ streamMode: 'custom' }) as never),
    );

    expect(events).toEqual([
      {
        type: 'progress',
        tool: 'who_am_i',
        toolCallId: 'call_1',
        progress: 1,
        total: undefined,
        message: 'half',
      },
    ]);
  });
});
