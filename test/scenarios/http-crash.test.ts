import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentApi, Json } from '../support/agent-api.js';
import { assistantId, createAgentApi, lastText, openApproval, wholeRequest } from '../support/agent-api.js';
import type { TestAgentServer } from '../support/agent-server.js';
import { startAgentServer } from '../support/agent-server.js';

let server: TestAgentServer;

beforeAll(async () => {
  server = await startAgentServer();
});
afterAll(() => server.remove());

/** Alice with a token of now: the ports, and with them the audiences, change at every start. */
async function signIn(): Promise<AgentApi> {
  return createAgentApi(server.url(), await server.token('alice'));
}

async function openRequest(alice: AgentApi, name: string): Promise<string> {
  const threadId = await alice.thread();
  expect(openApproval(await alice.say(threadId, wholeRequest(name)))).toBeDefined();
  return threadId;
}

const approve = { command: { resume: { decisions: [{ type: 'approve' }] } } };
const question = { input: { messages: [{ role: 'user', content: 'which organizations are there?' }] } };

const begin = async (alice: AgentApi, threadId: string, payload: object): Promise<Json> =>
  (await alice.send('POST', `/threads/${threadId}/runs`, { assistant_id: assistantId, ...payload })).json;

/** Begins a creation and waits until its call is under way. */
async function beginCreation(alice: AgentApi, threadId: string): Promise<Json> {
  const run = await begin(alice, threadId, approve);
  await expect
    .poll(async () => {
      const { next, tasks } = (await alice.send('GET', `/threads/${threadId}/state`)).json;
      return tasks.some(({ interrupts }: Json) => interrupts.length > 0) ? 'waits' : next;
    })
    .toEqual(['tools']);
  return run;
}

describe('a server that is killed', () => {
  it('knows its threads and runs at the next start, those of the last moment among them', async () => {
    const alice = await signIn();
    const threadId = await openRequest(alice, 'remembered-db');
    const before = (await alice.send('GET', `/threads/${threadId}`)).json;

    await server.kill();
    await server.start();
    const again = await signIn();
    const after = (await again.send('GET', `/threads/${threadId}`)).json;
    const runs = (await again.send('GET', `/threads/${threadId}/runs`)).json;

    expect(after).toEqual(before);
    expect(after.status).toBe('interrupted');
    expect(runs.map(({ status }: Json) => status)).toEqual(['success']);
    expect(lastText(await again.decide(threadId, { type: 'approve' }))).toContain(
      'remembered-db is recorded',
    );
  });

  it('closes the run that it was killed in, and the thread takes the next message', async () => {
    const alice = await signIn();
    const threadId = await openRequest(alice, 'killed-db');
    const { run_id } = await beginCreation(alice, threadId);

    await server.kill();
    await server.start();
    const again = await signIn();
    const thread = await again.send('GET', `/threads/${threadId}`);
    const run = await again.send('GET', `/threads/${threadId}/runs/${run_id}`);
    const joined = await again.send('GET', `/threads/${threadId}/runs/${run_id}/join`);
    const answer = await again.run(threadId, question);

    const reason = 'The server of this run has stopped; send your message again.';
    expect([run.json.status, run.json.error]).toEqual(['error', reason]);
    expect([thread.json.status, thread.json.error]).toEqual(['error', reason]);
    expect(joined.json.__error__.message).toContain(reason);
    expect(lastText(answer)).toContain('acme');
    expect((await again.send('GET', `/threads/${threadId}`)).json).not.toHaveProperty('error');
  });

  it('closes the runs that waited for their turn, and leaves no thread of a run without one', async () => {
    const alice = await signIn();
    const threadId = await openRequest(alice, 'queued-db');
    await beginCreation(alice, threadId);
    const queued = await begin(alice, threadId, { ...question, multitask_strategy: 'enqueue' });
    const delayed = await alice.send('POST', '/runs', {
      ...{ assistant_id: assistantId, ...question },
      after_seconds: 3600,
    });
    const held = await openRequest(alice, 'held-db');
    await begin(alice, held, { ...question, after_seconds: 3600 });

    await server.kill();
    await server.start();
    const again = await signIn();

    const run = await again.send('GET', `/threads/${threadId}/runs/${queued.run_id}`);
    expect(run.json.status).toBe('error');
    expect((await again.send('GET', `/threads/${delayed.json.thread_id}`)).status).toBe(404);
    expect((await again.send('GET', `/threads/${held}`)).json.status).toBe('interrupted');
    expect(lastText(await again.decide(held, { type: 'approve' }))).toContain('held-db is recorded');
  });
});

describe('a server that is asked to stop', () => {
  it('takes no new run, says so, and lets the one that executes end', async () => {
    const alice = await signIn();
    const threadId = await openRequest(alice, 'drained-db');
    await beginCreation(alice, threadId);
    const waiting = alice.send('GET', `/threads/${threadId}/runs`).then(async ({ json }) => {
      const { run_id } = json.at(-1);
      return alice.send('GET', `/threads/${threadId}/runs/${run_id}/join`);
    });

    const stopping = server.stop();
    // Of an agent that does not exist, so that none begins before the signal is heard.
    const tried = (): Promise<Json> =>
      alice.send('POST', '/runs', { assistant_id: '00000000-0000-4000-8000-000000000000' });
    await expect.poll(async () => (await tried()).status).toBe(503);
    const refused = await tried();
    const done = await waiting;
    const ended = await stopping;
    await server.start();

    expect(refused.headers.get('retry-after')).toBe('5');
    expect(refused.text).toBe('This server is stopping and takes no new run; send it again.');
    expect(lastText(done)).toContain('drained-db is recorded');
    expect([ended.code, ended.signal]).toEqual([0, null]);
  });

  it('tells those who wait for a run that it does not begin any more', async () => {
    const alice = await signIn();
    const threadId = await alice.thread();
    const payload = { assistant_id: assistantId, ...question, after_seconds: 3600 };
    const waiting = alice.send('POST', `/threads/${threadId}/runs/wait`, payload);
    await expect.poll(async () => (await alice.send('GET', `/threads/${threadId}`)).json.status).toBe('busy');

    await server.stop();
    const told = await waiting;
    await server.start();
    const again = await signIn();

    expect(told.json.__error__.message).toContain('has stopped; send your message again');
    expect((await again.send('GET', `/threads/${threadId}`)).json.status).toBe('idle');
  });
});
