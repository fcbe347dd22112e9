import { MemorySaver } from '@langchain/langgraph';
import { ToolMessage, createAgent } from 'langchain';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mcpToolsMiddleware } from '../../src/middleware/mcp-tools.js';
import { sealRunConfig } from '../../src/runtime/seal-run-config.js';
import { openConversation } from '../../src/testing/conversation.js';
import { createManualClock } from '../../src/testing/manual-clock.js';
import type { AgentSources, People, StartPeopleOptions } from '../../src/testing/people.js';
import { startPeople } from '../../src/testing/people.js';
import { ScriptedModel } from '../../src/testing/scripted-model.js';
import { textResult } from '../../src/testing/test-tool.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';
import { defineWrapperTool } from '../../src/tools/define-wrapper-tool.js';

let started: People<'alice' | 'bob'>;
let graph: ReturnType<typeof createTestAgent>;

afterEach(() => started.close());

const tools = [
  defineWrapperTool({
    name: 'who_am_i',
    description: 'Says who calls.',
    schema: z.object({}),
    class: 'read',
  }),
  defineWrapperTool({ name: 'write_it', description: 'Writes.', schema: z.object({}), class: 'write' }),
];

function createTestAgent({ mcpServers, tokens }: AgentSources) {
  const model = new ScriptedModel((messages) => {
    const last = messages.at(-1);
    if (ToolMessage.isInstance(last)) return last.text;
    return [{ name: last?.text === 'write' ? 'write_it' : 'who_am_i', args: {} }];
  });
  const mcpTools = mcpToolsMiddleware({ tools, mcpServers, tokens });
  const agent = createAgent({ model, tools, checkpointer: new MemorySaver(), middleware: [mcpTools] });
  return sealRunConfig(agent.graph, mcpTools.admit);
}

async function start(options: Partial<StartPeopleOptions> = {}) {
  started = await startPeople(['alice', 'bob'], {
    tools: {
      who_am_i: { run: (_args, { subject }) => textResult(subject) },
      write_it: { run: (_args, { subject }) => textResult(`written by ${subject}`) },
    },
    agent: (sources) => (graph = createTestAgent(sources)),
    ...options,
  });
  return started;
}

describe('startPeople', () => {
  it.each([
    ['without sessions', {}],
    ['with sessions', { sessions: true }],
  ] as const)('lets each person act as themselves, %s', async (_title, options) => {
    const { people, server } = await start(options);
    const answers = await Promise.all(
      [people.alice, people.bob].map(
        async (person) => (await person.open().say('who?')).messages.at(-1)?.text,
      ),
    );

    expect(answers).toEqual(['alice', 'bob']);
    expect(server.calls.map(({ subject }) => subject).sort()).toEqual(['alice', 'bob']);
  });

  it('verifies at the server and at the agent', async () => {
    const { people, issuer, server } = await start();
    const forged = openConversation(graph, {
      threadId: 'thread-2',
      token: () => issuer.attacks('alice').find(({ name }) => name.startsWith('key of a stranger'))?.token,
    });
    const tokens = [
      people.bob.token(),
      createTokenIssuer([server.url]).token('bob'),
      people.bob.token({ aud: 'test-agent' }),
    ];
    const asked = tokens.map((token) => fetch(server.url, { headers: { authorization: `Bearer ${token}` } }));

    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([405, 401, 401]);
    await expect(forged.say('who?')).rejects.toMatchObject({
      code: 'ERR_TOKEN_INVALID',
      reason: 'signature',
    });
    expect(server.calls).toEqual([]);
  });

  it('goes on at once after a rotation and a withdrawal', async () => {
    const { people, issuer } = await start();
    const thread = people.alice.open();
    await thread.say('who?');
    issuer.withdraw('test-key');

    expect((await thread.say('who?')).messages.at(-1)?.text).toBe('alice');
  });

  it('gives tokens that live by the clock', async () => {
    const clock = createManualClock();
    const { people } = await start({ clock: clock.now });
    const token = people.alice.token();
    const thread = openConversation(graph, { threadId: 'thread-1', token: () => token });
    clock.advance(700_000);

    await expect(thread.say('who?')).rejects.toMatchObject({ code: 'ERR_TOKEN_INVALID', reason: 'expired' });
  });
});
