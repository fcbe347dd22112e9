/** Alice and Bob ask one agent the same question; each gets an answer of their own. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { MemorySaver } from '@langchain/langgraph';
import { mcpToolsMiddleware } from 'graph-fleet/middleware';
import { sealRunConfig } from 'graph-fleet/seal-run-config';
import type { AgentSources } from 'graph-fleet/testing';
import { ScriptedModel, startPeople, textResult } from 'graph-fleet/testing';
import { defineWrapperTool } from 'graph-fleet/tools';
import { ToolMessage, createAgent } from 'langchain';
import { z } from 'zod';

// The agent under test; import yours in its place.
function createDiaryAgent({ mcpServers, tokens }: AgentSources) {
  const description = 'Reads the diary of the user.';
  const tools = [defineWrapperTool({ name: 'read_diary', description, schema: z.object({}), class: 'read' })];
  const model = new ScriptedModel((messages) => {
    const last = messages.at(-1);
    return ToolMessage.isInstance(last) ? `You wrote: ${last.text}` : [{ name: 'read_diary', args: {} }];
  });
  const mcpTools = mcpToolsMiddleware({ tools, mcpServers, tokens });
  const agent = createAgent({ model, tools, checkpointer: new MemorySaver(), middleware: [mcpTools] });
  return sealRunConfig(agent.graph, mcpTools.admit);
}

const diaries = new Map([
  ['alice', 'The gift is in the shed.'],
  ['bob', 'It rained.'],
]);
const { people, server, close } = await startPeople(['alice', 'bob'], {
  tools: { read_diary: { run: (_args, { subject }) => textResult(diaries.get(subject)) } },
  agent: createDiaryAgent,
});
after(close);

await test('each reads their own diary', async () => {
  const [hers, his] = await Promise.all([
    people.alice.open().say('What did I write?'),
    people.bob.open().say('What did I write?'),
  ]);

  assert.equal(hers.messages.at(-1)?.text, 'You wrote: The gift is in the shed.');
  assert.equal(his.messages.at(-1)?.text, 'You wrote: It rained.');
  assert.doesNotMatch(JSON.stringify(his), /gift/);
  assert.deepEqual(server.calls.map(({ subject }) => subject).sort(), ['alice', 'bob']);
});

await test('Bob is refused on a thread of Alice, and nothing is called', async () => {
  await people.alice.open('her thread').say('What did I write?');
  const before = server.requests.length;

  await assert.rejects(people.bob.open('her thread').say('What did she write?'), {
    code: 'ERR_PRINCIPAL_MISMATCH',
  });
  assert.equal(server.requests.length, before);
});
