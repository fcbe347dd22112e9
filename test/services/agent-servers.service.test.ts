import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentApi, Json } from '../support/agent-api.js';
import { assistantId, createAgentApi, lastText, openApproval, wholeRequest } from '../support/agent-api.js';
import type { TestAgentServer } from '../support/agent-server.js';
import { startAgentServer } from '../support/agent-server.js';
import type { PostgresServer } from './support/postgres.js';
import { startPostgres } from './support/postgres.js';

let postgres: PostgresServer;
let first: TestAgentServer;
let second: TestAgentServer;
let otherFolder: string;

beforeAll(async () => {
  postgres = await startPostgres();
  const env = { DATABASE_URL: await postgres.createDatabase() };
  first = await startAgentServer({ env });
  otherFolder = await mkdtemp(join(tmpdir(), 'agent-server-'));
  // One key set for both, as one issuer of tokens has.
  await copyFile(join(first.dataDir, 'development-keys.json'), join(otherFolder, 'development-keys.json'));
  second = await startAgentServer({ env, dataDir: otherFolder });
});
afterAll(async () => {
  await Promise.all([first.remove(), second.remove()]);
  await rm(otherFolder, { recursive: true, force: true });
  await postgres.close();
});

/** Alice, as she speaks with each of the servers. */
async function signIn(): Promise<{ at1: AgentApi; at2: AgentApi }> {
  const audiences = ['graph-fleet', first.platformUrl(), second.platformUrl()];
  const token = await first.token('alice', { audiences });
  return { at1: createAgentApi(first.url(), token), at2: createAgentApi(second.url(), token) };
}

const message = (content: string): object => ({
  assistant_id: assistantId,
  input: { messages: [{ role: 'user', content }] },
});
const approve = { command: { resume: { decisions: [{ type: 'approve' }] } } };

const begin = async (api: AgentApi, threadId: string, payload: object): Promise<Json> =>
  (await api.send('POST', `/threads/${threadId}/runs`, { assistant_id: assistantId, ...payload })).json;

/** A thread that waits for an approval which the first server asked for. */
async function openRequest(api: AgentApi, name: string): Promise<string> {
  const threadId = await api.thread();
  expect(openApproval(await api.say(threadId, wholeRequest(name)))).toBeDefined();
  return threadId;
}

describe('two agent servers on one PostgreSQL', () => {
  it('share a conversation: asked at one, approved at the other, seen alike from both', async () => {
    const { at1, at2 } = await signIn();
    const threadId = await openRequest(at1, 'shared-db');

    const waiting = await at2.send('GET', `/threads/${threadId}`);
    const done = await at2.decide(threadId, { type: 'approve' });

    expect(waiting.json.status).toBe('interrupted');
    expect(lastText(done)).toContain('shared-db is recorded');
    const paths = ['', '/state', '/history', '/runs'].map((path) => `/threads/${threadId}${path}`);
    const [seen1, seen2] = await Promise.all(
      [at1, at2].map((api) => Promise.all(paths.map(async (path) => (await api.send('GET', path)).json))),
    );
    expect(seen1).toEqual(seen2);
    const found = await at1.send('POST', '/threads/search', { ids: [threadId], status: 'idle' });
    expect(found.json).toHaveLength(1);
  });

  it('let a run of the one be waited for at the other', async () => {
    const { at1, at2 } = await signIn();
    const threadId = await openRequest(at1, 'joined-db');
    const { run_id } = await begin(at1, threadId, approve);

    const joined = await at2.send('GET', `/threads/${threadId}/runs/${run_id}/join`);
    const run = await at2.send('GET', `/threads/${threadId}/runs/${run_id}`);

    expect(lastText(joined)).toContain('joined-db is recorded');
    expect(run.json.status).toBe('success');
  });

  it('give the end of a run of the one to a stream that is joined at the other', async () => {
    const { at1, at2 } = await signIn();
    const threadId = await at1.thread();
    const { run_id } = await begin(at1, threadId, message(wholeRequest('followed-db')));

    const { text } = await at2.send('GET', `/threads/${threadId}/runs/${run_id}/stream`);

    expect(text).toContain('"__interrupt__"');
    expect(text).toContain('followed-db');
  });

  it('let a run of the one be cancelled at the other, and the conversation go on there', async () => {
    const { at1, at2 } = await signIn();
    const threadId = await openRequest(at1, 'cancelled-db');
    const { run_id } = await begin(at1, threadId, approve);

    const cancelled = await at2.send('POST', `/threads/${threadId}/runs/${run_id}/cancel?wait=1`);
    const run = await at2.send('GET', `/threads/${threadId}/runs/${run_id}`);

    expect([cancelled.status, run.json.status]).toEqual([204, 'interrupted']);
    expect(lastText(await at2.say(threadId, 'which organizations are there?'))).toContain('acme');
  });

  it('execute one run of a thread at a time: the other refuses a second, or lets it wait', async () => {
    const { at1, at2 } = await signIn();
    const threadId = await openRequest(at1, 'busy-db');
    const { run_id } = await begin(at1, threadId, approve);

    const refused = await at2.say(threadId, 'which organizations are there?');
    const queued = await begin(at2, threadId, {
      ...message('which organizations are there?'),
      multitask_strategy: 'enqueue',
    });
    const before = await at1.send('GET', `/threads/${threadId}/runs/${run_id}`);
    const answer = await at2.send('GET', `/threads/${threadId}/runs/${queued.run_id}/join`);
    const runs = await at1.send('GET', `/threads/${threadId}/runs`);

    expect([refused.status, before.json.status, queued.status]).toEqual([422, 'running', 'pending']);
    expect(lastText(answer)).toContain('acme');
    expect(runs.json.slice(-2).map(({ status }: Json) => status)).toEqual(['success', 'success']);
    expect(answer.text).toContain('busy-db is recorded');
  });

  it.each(['interrupt', 'rollback'])(
    'end a run of the other for one that comes to %s it',
    async (strategy) => {
      const { at1, at2 } = await signIn();
      const threadId = await openRequest(at1, `${strategy}-db`);
      const { run_id } = await begin(at1, threadId, approve);

      const answer = await at2.say(threadId, 'which organizations are there?', {
        multitask_strategy: strategy,
      });
      const ended = await at2.send('GET', `/threads/${threadId}/runs/${run_id}`);

      expect(lastText(answer)).toContain('acme');
      expect(ended.json.status).toBe(strategy === 'interrupt' ? 'interrupted' : 'error');
    },
  );

  it('delete a thread whose run the other executes, and everything of it', async () => {
    const { at1, at2 } = await signIn();
    const threadId = await openRequest(at1, 'deleted-db');
    await begin(at1, threadId, approve);

    const deleted = await at2.send('DELETE', `/threads/${threadId}`);

    expect(deleted.status).toBe(204);
    expect((await at1.send('GET', `/threads/${threadId}`)).status).toBe(404);
    await at1.send('POST', '/threads', { thread_id: threadId, metadata: { graph_id: assistantId } });
    expect((await at2.send('GET', `/threads/${threadId}/state`)).json.values).toEqual({});
    expect((await at2.send('GET', `/threads/${threadId}/runs`)).json).toEqual([]);
  });

  it('go on when one of them is killed in the middle of a run: the other closes it and takes the thread', async () => {
    const { at1, at2 } = await signIn();
    const threadId = await openRequest(at1, 'killed-db');
    const untouched = await openRequest(at1, 'open-db');
    const { run_id } = await begin(at1, threadId, approve);
    const waiting = at2.send('GET', `/threads/${threadId}/runs/${run_id}/join`);
    // The approval is used up, and the call that it allowed is under way.
    await expect.poll(() => nextStep(at2, threadId)).toEqual(['tools']);

    await first.kill();
    const told = await waiting;
    const [thread, run] = await Promise.all([
      at2.send('GET', `/threads/${threadId}`),
      at2.send('GET', `/threads/${threadId}/runs/${run_id}`),
    ]);
    const answer = await at2.say(threadId, 'which organizations are there?');
    const approved = await at2.decide(untouched, { type: 'approve' });
    await first.start();
    const { at1: back } = await signIn();

    expect(told.json.__error__.message).toContain('has stopped; send your message again');
    expect([thread.json.status, run.json.status]).toEqual(['error', 'error']);
    expect(run.json.error).toBe('The server of this run has stopped; send your message again.');
    expect(lastText(answer)).toContain('acme');
    expect(lastText(approved)).toContain('open-db is recorded');
    expect(lastText(await back.say(threadId, 'which organizations are there?'))).toContain('acme');
  });
});

async function nextStep(api: AgentApi, threadId: string): Promise<Json> {
  const { next, tasks } = (await api.send('GET', `/threads/${threadId}/state`)).json;
  return tasks.some(({ interrupts }: Json) => interrupts.length > 0) ? 'waits' : next;
}
