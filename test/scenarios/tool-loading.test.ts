import { afterEach, describe, expect, it } from 'vitest';
import { parseMcpServers } from '../../src/config/mcp-servers.js';
import { PrincipalMismatchError } from '../../src/errors.js';
import { createMcpConnections } from '../../src/mcp-client/mcp-connections.js';
import { startMcpTestServer } from '../../src/testing/mcp-test-server.js';
import { ScriptedModel } from '../../src/testing/scripted-model.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';
import type { TestAgent, TestAgentOptions } from '../support/test-agent.js';
import {
  agentAudience,
  createTestGraph,
  openConversation,
  startTestAgent,
  testTools,
} from '../support/test-agent.js';

const running: { close(): Promise<void> }[] = [];

async function start(options: TestAgentOptions): Promise<TestAgent> {
  const agent = await startTestAgent(options);
  running.push(agent);
  return agent;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.close()));
});

describe('the tools of a thread', () => {
  it('load once for two turns', async () => {
    const agent = await start({ steps: [[{ name: 'who_am_i', args: {} }], 'one', 'two'] });
    const thread = agent.open('thread-1', 'alice');

    await thread.say('first');
    await thread.say('second');

    expect(agent.server.count('tools/list')).toBe(1);
    expect(agent.server.calls).toHaveLength(1);
  });

  it('load again after a load that failed, in the same thread', async () => {
    const agent = await start({ steps: ['back again'] });
    const thread = agent.open('thread-1', 'alice');

    agent.server.failWith = 503;
    const down = await thread.say('first');
    agent.server.failWith = undefined;
    const up = await thread.say('second');

    expect(down.messages.at(-1)?.text).toBe(
      'The server "platform" cannot be reached now; nothing was changed. Try again in a moment.',
    );
    expect(up.messages.at(-1)?.text).toBe('back again');
    expect(agent.server.count('tools/list')).toBe(1);
  });

  it.each([20, 30])('load once for %i runs at once on one new thread', async (runs) => {
    const agent = await start({ steps: [() => 'done'] });
    const thread = agent.open('thread-1', 'alice');

    await Promise.all(Array.from({ length: runs }, (_, run) => thread.say(`run ${String(run)}`)));

    expect(agent.server.count('tools/list')).toBe(1);
  });

  it('load once for all threads of a person', async () => {
    const agent = await start({ steps: [() => 'done'] });

    await agent.open('thread-1', 'alice').say('hello');
    await agent.open('thread-2', 'alice').say('hello');

    expect(agent.server.count('tools/list')).toBe(1);
  });

  it('are shown to the model as the server describes them', async () => {
    const agent = await start({ steps: ['done'] });

    await agent.open('thread-1', 'alice').say('hello');

    const [shown] = agent.model.shown;
    const tool = shown?.tools.find(({ name }) => name === 'who_am_i');
    expect(tool?.description).toBe('The live description of who_am_i.');
    expect(JSON.stringify(tool?.parameters)).toContain('A live field.');
  });

  it('are shown only to the person who has them', async () => {
    const tools = { ...testTools, make_thing: { ...testTools['make_thing']!, offeredTo: ['alice'] } };
    const agent = await start({ steps: [() => 'done'], tools });

    await agent.open('thread-1', 'alice').say('hello');
    await agent.open('thread-2', 'dave').say('hello');

    const names = agent.model.shown.map((shown) => shown.tools.map(({ name }) => name));
    expect(names).toEqual([['who_am_i', 'make_thing'], ['who_am_i']]);
  });

  it('answer permission-denied when the model calls one the person lacks', async () => {
    const tools = { ...testTools, make_thing: { ...testTools['make_thing']!, offeredTo: ['alice'] } };
    const agent = await start({
      steps: [[{ name: 'make_thing', args: { name: 'a' } }], 'I may not.'],
      tools,
    });

    const { messages, __interrupt__ } = await agent.open('thread-1', 'dave').say('make a');

    expect(__interrupt__).toBeUndefined();
    expect(messages.map((message) => message.text).join()).toContain(
      'The tool make_thing is not offered to you; an administrator of the organization can grant it.',
    );
    expect(agent.server.calls).toEqual([]);
  });

  it('load anew when the same person comes for another organization', async () => {
    const agent = await start({ steps: [() => 'done'] });

    await agent.open('thread-1', 'alice', { org: 'acme' }).say('hello');
    await agent.open('thread-1', 'alice', { org: 'globex' }).say('hello');

    expect(agent.server.count('tools/list')).toBe(2);
  });
});

/** A small deterministic generator, so that a failing order can be played again. @see Knuth, TAOCP 3.3.4, line 15 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('loading that overlaps', () => {
  async function startOverlap() {
    const server = await startMcpTestServer(testTools);
    const issuer = createTokenIssuer([agentAudience, server.url]);
    const mcpServers = { platform: { type: 'http', url: server.url, auth: { mode: 'forward' } } };
    let now = Date.now();
    const connections = createMcpConnections({
      servers: parseMcpServers(JSON.stringify({ mcpServers }), { file: 'a test', env: {} }),
      clock: () => now,
    });
    running.push(server, connections);
    const model = new ScriptedModel('Hello.', [{ name: 'who_am_i', args: {} }], 'That was you.');
    const graph = createTestGraph({ issuer, model, mcpServers: () => connections, loading: 'overlap' });
    const alice = openConversation(graph, 'thread-1', () => issuer.token('alice'));
    await alice.say('hello');
    now += 300_001;
    return { server, model, alice };
  }

  it('shows the known tools at once, and makes the call when the list came', async () => {
    const { server, model, alice } = await startOverlap();
    let letGo = (): void => undefined;
    server.intercept = (method) => {
      if (method !== 'tools/list') return undefined;
      return new Promise((resolve) => {
        letGo = () => {
          resolve(undefined);
        };
      });
    };

    const turn = alice.say('who am I?');
    await expect.poll(() => model.shown).toHaveLength(2);
    expect(model.shown[1]?.tools.map(({ name }) => name)).toEqual(['who_am_i', 'make_thing']);
    expect(server.calls).toEqual([]);
    letGo();

    expect((await turn).messages.at(-1)?.text).toBe('That was you.');
    expect(server.calls).toHaveLength(1);
  });

  it('makes no call with a token that the list was refused to', async () => {
    const { server, alice } = await startOverlap();
    server.failWith = 401;

    await alice.say('who am I?');

    expect(server.calls).toEqual([]);
    expect(await alice.approval()).toMatchObject({ type: 'sign-in', reason: 'refused' });
  });
});

describe('two people at the same time', () => {
  it.each([1, 2, 3, 4])('never mix tools, calls or results (seed %i)', async (seed) => {
    const random = seeded(seed);
    const agent = await start({
      tools: {
        who_am_i: {
          ...testTools['who_am_i']!,
          run: async (args, { subject }) => {
            for (let turns = Math.floor(random() * 6); turns > 0; turns -= 1) await new Promise(setImmediate);
            return { content: [{ type: 'text', text: JSON.stringify({ you: subject, ...args }) }] };
          },
        },
        make_thing: { ...testTools['make_thing']!, offeredTo: ['bob'] },
      },
      steps: [
        (messages) => {
          const last = messages.at(-1);
          return last?.type === 'tool'
            ? last.text
            : [{ name: 'who_am_i', args: { question: last?.text ?? '' } }];
        },
      ],
    });
    const people = ['alice', 'bob'] as const;
    const runs = Array.from({ length: 40 }, (_, run) => {
      const person = people[Math.floor(random() * 2)] ?? 'alice';
      const thread = Math.floor(random() * 8);
      return { person, threadId: `${person}-${String(thread)}`, question: `${person} asks ${String(run)}` };
    });
    const byThread = new Map<string, typeof runs>();
    for (const run of runs) byThread.set(run.threadId, [...(byThread.get(run.threadId) ?? []), run]);

    await Promise.all(
      [...byThread.values()].map(async (turns) => {
        for (const { person, threadId, question } of turns) {
          const { messages } = await agent.open(threadId, person).say(question);
          expect(JSON.parse(messages.at(-1)?.text ?? '')).toEqual({ you: person, question });
        }
      }),
    );

    expect(agent.server.calls).toHaveLength(runs.length);
    for (const { subject, args } of agent.server.calls)
      expect(args['question']).toMatch(new RegExp(`^${subject} asks`));
    expect(agent.server.count('tools/list')).toBe(people.length);
    for (const { messages, tools } of agent.model.shown) {
      const isBob = messages.some((message) => message.text.startsWith('bob asks'));
      expect(tools.map(({ name }) => name)).toEqual(isBob ? ['who_am_i', 'make_thing'] : ['who_am_i']);
    }
  });
});

describe('F35 another principal on a thread', () => {
  async function startOwned() {
    const agent = await start({ steps: [[{ name: 'make_thing', args: { name: 'a' } }], () => 'done'] });
    const owner = agent.open('thread-1', 'alice');
    await owner.say('make a');
    const before = JSON.stringify(await agent.graph.getState({ configurable: { thread_id: 'thread-1' } }));
    const requests = agent.server.requests.length;
    const unchanged = async () => {
      const after = JSON.stringify(await agent.graph.getState({ configurable: { thread_id: 'thread-1' } }));
      expect(after).toBe(before);
      expect(agent.server.requests).toHaveLength(requests);
      expect(agent.model.shown).toHaveLength(1);
    };
    return { agent, owner, stranger: agent.open('thread-1', 'mallory'), unchanged };
  }

  it('is refused with a new message, and the thread stays as it was', async () => {
    const { stranger, unchanged } = await startOwned();

    await expect(stranger.say('let me in')).rejects.toMatchObject({ code: 'ERR_PRINCIPAL_MISMATCH' });

    await unchanged();
  });

  it('is refused with a resume, which does not count at the owner’s next run', async () => {
    const { agent, owner, stranger, unchanged } = await startOwned();

    const resume = stranger.resume({ decisions: [{ type: 'approve' }] });

    await expect(resume).rejects.toBeInstanceOf(PrincipalMismatchError);
    await unchanged();
    await owner.goOn();
    expect(agent.server.calls).toEqual([]);
    expect(await owner.approval()).toBeDefined();
  });

  it('is refused without input', async () => {
    const { stranger, unchanged } = await startOwned();

    await expect(stranger.goOn()).rejects.toMatchObject({ code: 'ERR_PRINCIPAL_MISMATCH' });

    await unchanged();
  });

  it('is refused at a checkpoint from before the owner was known', async () => {
    const { agent, stranger, unchanged } = await startOwned();
    const history = agent.graph.getStateHistory({ configurable: { thread_id: 'thread-1' } });
    const ids: string[] = [];
    for await (const { config, values } of history) {
      if (!('_threadOwner' in values)) ids.push(String(config.configurable?.['checkpoint_id']));
    }

    expect(ids).not.toEqual([]);
    for (const id of ids) {
      await expect(stranger.goOn(id)).rejects.toMatchObject({ code: 'ERR_PRINCIPAL_MISMATCH' });
    }

    await unchanged();
  });

  it('is refused when streaming', async () => {
    const { agent, unchanged } = await startOwned();
    const config = { configurable: { thread_id: 'thread-1', _user_token: agent.issuer.token('mallory') } };

    const stream = agent.graph.stream({ messages: [{ role: 'user', content: 'x' }] } as never, config);

    await expect(stream).rejects.toMatchObject({ code: 'ERR_PRINCIPAL_MISMATCH' });
    await unchanged();
  });

  it('is the same subject of another issuer too', async () => {
    const { agent, stranger } = await startOwned();
    const config = { configurable: { thread_id: 'thread-1' } };
    await agent.graph.updateState(config, {
      _threadOwner: { issuer: agent.issuer.issuer, subject: 'mallory' },
    });

    await expect(stranger.goOn()).rejects.toMatchObject({ code: 'ERR_PRINCIPAL_MISMATCH' });
  });

  it('does not become the owner by a state update', async () => {
    const { agent, owner, stranger } = await startOwned();
    const config = { configurable: { thread_id: 'thread-1' } };
    const stolen = { _threadOwner: { issuer: agent.issuer.issuer, subject: 'mallory' } };

    await agent.graph.updateState(config, stolen, 'McpToolsMiddleware.before_agent');

    await expect(stranger.say('mine now')).rejects.toMatchObject({ code: 'ERR_PRINCIPAL_MISMATCH' });
    expect((await owner.say('still mine')).messages.at(-1)?.text).toBe('done');
  });
});
