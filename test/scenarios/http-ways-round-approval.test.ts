import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentApi, ApiAnswer, Json } from '../support/agent-api.js';
import { assistantId, createAgentApi, lastText, openApproval, wholeRequest } from '../support/agent-api.js';
import type { TestAgentServer } from '../support/agent-server.js';
import { startAgentServer } from '../support/agent-server.js';
import { readAuditRows, readResourceNames } from '../support/platform-records.js';

let server: TestAgentServer;
let alice: AgentApi;

beforeAll(async () => {
  server = await startAgentServer();
  alice = createAgentApi(server.url(), await server.token('alice'));
});
afterAll(() => server.remove());

const approve = { resume: { decisions: [{ type: 'approve' }] } };

/** What a model would have said that wants to create an instance of this name. */
function createCall(name: string): { messages: object[] } {
  const spec = {
    engine: 'postgres',
    engine_version: '16.4',
    instance_class: 'db.t3.small',
    allocated_storage_gb: 20,
    username: 'app_admin',
    subnet_ids: ['subnet-0a1b2c3d', 'subnet-1a2b3c4d'],
  };
  const args = {
    cloud_resource_kind: 'AwsRdsInstance',
    org_id: 'acme',
    env_name: 'dev',
    resource_name: name,
    spec,
  };
  const call = { id: `call_${name}`, name: 'create_cloud_resource', args, type: 'tool_call' };
  return { messages: [{ type: 'ai', role: 'assistant', id: `ai_${name}`, content: '', tool_calls: [call] }] };
}

/** A thread of Alice’s in which something was said, so that its graph is known. */
async function usedThread(): Promise<string> {
  const threadId = await alice.thread();
  await alice.say(threadId, 'hello');
  return threadId;
}

async function waitingThread(name: string): Promise<{ threadId: string; checkpointId: string }> {
  const threadId = await alice.thread();
  expect(openApproval(await alice.say(threadId, wholeRequest(name)))).toBeDefined();
  const state = await alice.send('GET', `/threads/${threadId}/state`);
  return { threadId, checkpointId: state.json.checkpoint.checkpoint_id };
}

/** Runs on, and answers an approval that may come up as nobody should: unseen, in the same breath. */
async function runOn(threadId: string, payload: object = { input: null }): Promise<ApiAnswer> {
  return alice.run(threadId, payload);
}

describe.concurrent('creates nothing:', () => {
  it.each([
    'model_request',
    'tools',
    'McpToolsMiddleware.after_model',
    'McpToolsMiddleware.before_agent',
    '__start__',
  ])('a call put into the state as %s', async (as_node) => {
    const name = `state-${as_node.toLowerCase().replaceAll(/[^a-z]/g, '')}`;
    const threadId = await usedThread();

    const posted = await alice.send('POST', `/threads/${threadId}/state`, {
      values: createCall(name),
      as_node,
    });
    const answer = await runOn(threadId);
    await runOn(threadId);

    expect([posted.status, answer.status]).toEqual([200, 200]);
    expect(await readResourceNames(server.dataDir)).not.toContain(name);
  });

  it.each(['tools', 'McpToolsMiddleware.after_model', 'model_request'])(
    'a call brought along by a command that goes to %s',
    async (goto) => {
      const name = `goto-${goto.toLowerCase().replaceAll(/[^a-z]/g, '')}`;
      const threadId = await usedThread();

      await runOn(threadId, { command: { update: createCall(name), goto } });
      await runOn(threadId);
      await runOn(threadId, { command: { goto } });

      expect(await readResourceNames(server.dataDir)).not.toContain(name);
    },
  );

  it('a call sent to the tools node by itself', async () => {
    const threadId = await usedThread();
    const [message] = createCall('send-db').messages as [{ tool_calls: unknown[] }];

    await runOn(threadId, { command: { goto: { node: 'tools', input: { messages: [message] } } } });
    await runOn(threadId, {
      command: { goto: { node: 'tools', input: { lg_tool_call: message.tool_calls[0] } } },
    });
    await runOn(threadId, { command: { goto: [{ node: 'tools', input: message.tool_calls[0] }] } });

    expect(await readResourceNames(server.dataDir)).not.toContain('send-db');
  });

  it('the call that waits for its approval, when a command jumps over the waiting', async () => {
    const { threadId } = await waitingThread('jump-db');

    await runOn(threadId, { command: { goto: 'tools' } });
    await runOn(threadId, { command: { update: { messages: [] }, goto: 'tools' } });
    await runOn(threadId);

    expect(await readResourceNames(server.dataDir)).not.toContain('jump-db');
  });

  it('the call that waits, when the state is moved past the waiting', async () => {
    const { threadId } = await waitingThread('past-db');

    await alice.send('POST', `/threads/${threadId}/state`, {
      values: {},
      as_node: 'McpToolsMiddleware.after_model',
    });
    await runOn(threadId);

    expect(await readResourceNames(server.dataDir)).not.toContain('past-db');
  });

  it('other arguments than the ones that were shown', async () => {
    const { threadId } = await waitingThread('shown-db');
    const { messages } = (await alice.send('GET', `/threads/${threadId}/state`)).json.values;
    const last = messages.at(-1);
    const call = last.tool_calls[0];
    const swapped = {
      ...last,
      tool_calls: [{ ...call, args: { ...call.args, resource_name: 'swapped-db' } }],
    };

    await alice.send('POST', `/threads/${threadId}/state`, {
      values: { messages: [{ ...swapped, role: 'assistant' }] },
      as_node: 'model_request',
    });
    await runOn(threadId, { command: approve });
    await runOn(threadId);

    expect(await readResourceNames(server.dataDir)).not.toContain('swapped-db');
  });

  it('a new thread that is born with the call in it', async () => {
    const born = await alice.send('POST', '/threads', {
      metadata: { graph_id: assistantId },
      supersteps: [
        { updates: [{ values: { messages: [{ role: 'user', content: 'hello' }] }, as_node: '__start__' }] },
        { updates: [{ values: createCall('born-db'), as_node: 'McpToolsMiddleware.after_model' }] },
      ],
    });

    await runOn(born.json.thread_id);

    expect(born.status).toBe(200);
    expect(await readResourceNames(server.dataDir)).not.toContain('born-db');
  });

  it('a run without a thread that goes to the tools', async () => {
    for (const goto of ['tools', 'McpToolsMiddleware.after_model']) {
      const command = { update: createCall('stateless-db'), goto };
      await alice.send('POST', '/runs/wait', { assistant_id: assistantId, command });
      await alice.send('POST', '/runs/wait', { assistant_id: assistantId, command, on_completion: 'keep' });
    }

    expect(await readResourceNames(server.dataDir)).not.toContain('stateless-db');
  });

  it('a second time what was approved once, from any checkpoint of before or after', async () => {
    const { threadId, checkpointId } = await waitingThread('once-db');
    expect(lastText(await alice.decide(threadId, { type: 'approve' }))).toContain('once-db is recorded');
    const history = (await alice.send('POST', `/threads/${threadId}/history`, { limit: 50 })).json;
    const wanted = history.filter(({ values, next }: Json) => {
      const calls = values.messages?.at(-1)?.tool_calls ?? [];
      return next.length > 0 && calls[0]?.name === 'create_cloud_resource';
    });

    await runOn(threadId, { input: null, checkpoint_id: checkpointId });
    await runOn(threadId, { command: approve, checkpoint_id: checkpointId });
    for (const { checkpoint } of wanted) await runOn(threadId, { input: null, checkpoint });

    expect(wanted.length).toBeGreaterThan(1);
    const calls = (await readAuditRows(server.dataDir)).filter(({ name }) => name === 'once-db');
    expect(calls.filter(({ action }) => action === 'create_cloud_resource')).toHaveLength(1);
  });

  it('a copy of the thread that waits, whose approval is not its own', async () => {
    const { threadId } = await waitingThread('copy-db');
    const copy = (await alice.send('POST', `/threads/${threadId}/copy`, {})).json.thread_id;

    const resumed = await alice.run(copy, { command: approve });

    expect(await readResourceNames(server.dataDir)).not.toContain('copy-db');
    expect(resumed.status).toBe(200);
    expect(lastText(await alice.decide(threadId, { type: 'approve' }))).toContain('copy-db is recorded');
  });
});
