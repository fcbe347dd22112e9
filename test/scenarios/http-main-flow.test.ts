import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentApi, Json } from '../support/agent-api.js';
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

const approve = { type: 'approve' };

async function openRequest(name: string): Promise<{ threadId: string; interruptId: string; action: Json }> {
  const threadId = await alice.thread();
  const answer = await alice.say(threadId, wholeRequest(name));
  return {
    threadId,
    interruptId: answer.json.__interrupt__[0].id,
    action: openApproval(answer).actionRequests[0],
  };
}

describe.concurrent('the main job over HTTP', () => {
  it('stops at the approval, creates what was approved, and can tell its state', async () => {
    const threadId = await alice.thread();
    const asked = await alice.say(threadId, wholeRequest('orders-db'));

    expect(openApproval(asked)).toMatchObject({
      actionRequests: [
        { name: 'create_cloud_resource', args: { resource_name: 'orders-db', env_name: 'dev' } },
      ],
      reviewConfigs: [
        { actionName: 'create_cloud_resource', allowedDecisions: ['approve', 'edit', 'reject'] },
      ],
    });
    expect((await alice.send('GET', `/threads/${threadId}`)).json.status).toBe('interrupted');
    expect(await readResourceNames(server.dataDir)).not.toContain('orders-db');

    const done = await alice.decide(threadId, approve);

    expect(lastText(done)).toMatch(
      /orders-db is recorded in acme\/dev\. Its id is res_\w+ and its state is available/,
    );
    expect(await readResourceNames(server.dataDir)).toContain('orders-db');
    expect(lastText(await alice.say(threadId, 'state?'))).toContain('available');
  });

  it('streams messages, updates, values and the progress of the creation', async () => {
    const threadId = await alice.thread();
    const stream_mode = ['messages-tuple', 'updates', 'values', 'custom'];
    const input = { messages: [{ role: 'user', content: wholeRequest('stream-db') }] };

    const asked = await alice.stream(threadId, { input, stream_mode });
    const done = await alice.stream(threadId, { command: { resume: { decisions: [approve] } }, stream_mode });

    expect(new Set(asked.map(({ event }) => event))).toEqual(
      new Set(['metadata', 'messages', 'updates', 'values']),
    );
    expect(asked.at(-1)?.data.__interrupt__).toHaveLength(1);
    const progress = done.filter(({ event }) => event === 'custom').map(({ data }) => data);
    expect(progress.map(({ message }) => message)).toEqual(['pending', 'creating', 'available']);
    expect(progress[0]).toMatchObject({ type: 'progress', tool: 'create_cloud_resource', total: 3 });
  });

  it('creates what an edit says instead of what was asked', async () => {
    const { threadId, action } = await openRequest('edit-db');
    const args = { ...action.args, spec: { ...action.args.spec, allocated_storage_gb: 33 } };

    const done = await alice.decide(threadId, { type: 'edit', editedAction: { name: action.name, args } });

    expect(lastText(done)).toContain('33 GB');
  });

  it('keeps a run alive whose approval was rejected, and creates nothing', async () => {
    const { threadId } = await openRequest('reject-db');

    const rejected = await alice.decide(threadId, { type: 'reject', message: 'too small' });

    expect(lastText(rejected)).toContain('nothing was created');
    expect(lastText(await alice.say(threadId, 'which organizations are there?'))).toContain('acme');
    expect(await readResourceNames(server.dataDir)).not.toContain('reject-db');
  });

  it('takes a message at an open approval as a rejection with that text', async () => {
    const { threadId } = await openRequest('typed-db');

    const next = await alice.say(threadId, 'Wait, make it 50 GB instead');

    expect(openApproval(next).actionRequests[0].args.spec.allocated_storage_gb).toBe(50);
    const { messages } = (await alice.send('GET', `/threads/${threadId}/state`)).json.values;
    const closing = messages.find(({ type, status }: Json) => type === 'tool' && status === 'error');
    expect(closing.content).toContain('make it 50 GB instead');
    expect(lastText(await alice.decide(threadId, approve))).toContain('typed-db is recorded');
  });

  it('accepts a message after a run was cancelled in the middle of a call', async () => {
    const { threadId } = await openRequest('halted-db');
    const runId = await resumeUntilProgress(threadId);

    const cancelled = await alice.send('POST', `/threads/${threadId}/runs/${runId}/cancel?wait=1`);
    const next = await alice.say(threadId, 'which organizations are there?');

    expect(cancelled.status).toBe(204);
    expect(lastText(next)).toContain('acme');
    const { messages } = next.json;
    const calls = messages.flatMap(({ tool_calls = [] }: Json) => tool_calls.map(({ id }: Json) => id));
    const answered = messages.flatMap(({ tool_call_id = [] }: Json) => tool_call_id);
    expect(answered.sort()).toEqual(calls.sort());
  });
});

/** Approves what is open and returns the run’s id as soon as the platform says that it has begun. */
async function resumeUntilProgress(threadId: string): Promise<string> {
  const response = await fetch(`${server.url()}/threads/${threadId}/runs/stream`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await server.token('alice')}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      assistant_id: assistantId,
      command: { resume: { decisions: [approve] } },
      stream_mode: 'custom',
    }),
  });
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (text.includes('event: custom')) break;
  }
  return response.headers.get('content-location')?.split('/').at(-1) ?? '';
}

describe.concurrent('a resume', () => {
  it('of any shape that is no answer is refused before a run exists, and the approval still works', async () => {
    const { threadId, interruptId, action } = await openRequest('resume-db');
    const refused: readonly object[] = [
      { resume: 'yes' },
      { resume: 0 },
      { resume: false },
      { resume: null },
      {},
      { resume: {} },
      { resume: [] },
      { resume: { decisions: [] } },
      { resume: { decisions: approve } },
      { resume: { decisions: [approve, approve] } },
      { resume: { decisions: [{ type: 'yes' }] } },
      { resume: { decisions: [{ ...approve, digest: 'another' }] } },
      { resume: { decisions: [{ type: 'edit', editedAction: { name: 'list_organizations', args: {} } }] } },
      { resume: { [interruptId]: { decisions: [approve] } } },
      { resume: { decisions: [approve] }, goto: 'tools' },
      { resume: { decisions: [approve] }, goto: { node: 'tools', input: {} } },
      { resume: { decisions: [approve] }, update: { messages: [] } },
      { resume: { decisions: [approve] }, update: [['messages', []]] },
    ];

    for (const command of refused) {
      const answer = await alice.run(threadId, { command });
      expect([command, answer.status]).toEqual([command, 422]);
    }

    expect((await alice.send('GET', `/threads/${threadId}/runs`)).json).toHaveLength(1);
    expect((await alice.send('GET', `/threads/${threadId}`)).json.status).toBe('interrupted');
    const done = await alice.decide(threadId, { ...approve, digest: action.digest });
    expect(lastText(done)).toContain('resume-db is recorded');
  });

  it('is refused when nothing waits, with a thread and without one', async () => {
    const threadId = await alice.thread();
    const command = { resume: { decisions: [approve] } };

    expect((await alice.run(threadId, { command })).status).toBe(422);
    const stateless = await alice.send('POST', '/runs/wait', { assistant_id: assistantId, command });
    expect([stateless.status, stateless.text]).toEqual([
      422,
      expect.stringContaining('Nothing on this thread waits'),
    ]);
    expect((await alice.send('GET', `/threads/${threadId}/runs`)).json).toEqual([]);
  });

  it('by somebody else finds no thread, and leaves the approval open', async () => {
    const { threadId } = await openRequest('owner-db');
    const bob = createAgentApi(server.url(), await server.token('bob'));

    expect((await bob.decide(threadId, approve)).status).toBe(404);
    expect(await readResourceNames(server.dataDir)).not.toContain('owner-db');
    expect(lastText(await alice.decide(threadId, approve))).toContain('owner-db is recorded');
  });
});

describe.concurrent('what cannot be done', () => {
  const whole = wholeRequest('wrong-db');

  it.each([
    ['an unknown organization', whole.replace('of acme', 'in organization initech'), /initech/],
    ['a kind that does not exist', 'What fields does the kind AwsRdsInstanze have?', /AwsRdsInstan/],
    ['an instance class without its prefix', whole.replace('db.t3.small', 't3.large'), /begins with "db\."/],
  ])('%s ends in a sentence and the run goes on', async (_title, request, sentence) => {
    const threadId = await alice.thread();

    const answer = await alice.say(threadId, request);

    expect(openApproval(answer)).toBeUndefined();
    expect(lastText(answer)).toMatch(sentence);
    expect(lastText(await alice.say(threadId, 'which organizations are there?'))).toContain('acme');
    expect(await readResourceNames(server.dataDir)).not.toContain('wrong-db');
  });

  it('a taken name is told before anybody is asked to approve', async () => {
    const { threadId } = await openRequest('taken-db');
    await alice.decide(threadId, approve);

    const again = await alice.say(await alice.thread(), wholeRequest('taken-db'));

    expect(openApproval(again)).toBeUndefined();
    expect(lastText(again)).toMatch(/name taken-db is taken .*Nothing was created/s);
  });

  it('a person without the tool is told who can grant it', async () => {
    const dave = createAgentApi(server.url(), await server.token('dave'));

    const answer = await dave.say(await dave.thread(), wholeRequest('dave-db'));

    expect(lastText(answer)).toMatch(/create_cloud_resource is not offered to you.*administrator/s);
  });

  it('a person without the permission is told which one, after the approval, and nothing is made', async () => {
    const bob = createAgentApi(server.url(), await server.token('bob'));
    const threadId = await bob.thread();
    await bob.say(threadId, wholeRequest('bob-db'));

    const refused = await bob.decide(threadId, approve);

    expect(lastText(refused)).toMatch(/permission|may not/i);
    expect(await readResourceNames(server.dataDir)).not.toContain('bob-db');
    const denied = (await readAuditRows(server.dataDir)).find(
      ({ subject, decision }) => subject === 'bob' && decision === 'denied',
    );
    expect(denied).toMatchObject({ action: 'create_cloud_resource', outcome: 'ERR_PERMISSION_DENIED' });
  });
});
