import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteFileForReading } from '../../src/database/sqlite-file.js';
import type { AgentApi } from '../support/agent-api.js';
import { assistantId, createAgentApi, lastText, openApproval, wholeRequest } from '../support/agent-api.js';
import type { TestAgentServer } from '../support/agent-server.js';
import { startAgentServer } from '../support/agent-server.js';
import { readAuditRows, readResourceNames } from '../support/platform-records.js';

let server: TestAgentServer;

beforeAll(async () => {
  server = await startAgentServer();
});
afterAll(() => server.remove());

/** A caller with a token of now: the ports, and with them the audiences, change at every start. */
async function signIn(name: 'alice' | 'bob'): Promise<AgentApi> {
  return createAgentApi(server.url(), await server.token(name));
}

async function waitingThread(name: string): Promise<string> {
  const alice = await signIn('alice');
  const threadId = await alice.thread();
  expect(openApproval(await alice.say(threadId, wholeRequest(name)))).toBeDefined();
  return threadId;
}

/** Everything in the databases of checkpoints and records, as text. */
async function readConversations(): Promise<string> {
  const files = ['agent.db', 'agent.db-wal', 'records.db', 'records.db-wal'].map((file) =>
    readFile(join(server.dataDir, file), 'latin1').catch(() => ''),
  );
  return (await Promise.all(files)).join('');
}

/** The threads that have a checkpoint. */
function readCheckpointThreads(): readonly string[] {
  const { connection, close } = openSqliteFileForReading(join(server.dataDir, 'agent.db'));
  const rows = connection.prepare('select distinct thread_id from checkpoints').all() as {
    thread_id: string;
  }[];
  close();
  return rows.map(({ thread_id }) => thread_id);
}

describe('a thread that is deleted', () => {
  it('leaves no checkpoint behind, so that its id begins anew', async () => {
    const alice = await signIn('alice');
    const threadId = await waitingThread('gone-db');

    expect((await alice.send('DELETE', `/threads/${threadId}`)).status).toBe(204);
    await alice.send('POST', '/threads', { thread_id: threadId, metadata: { graph_id: assistantId } });

    expect((await alice.send('GET', `/threads/${threadId}/state`)).json.values).toEqual({});
    expect((await alice.send('GET', `/threads/${threadId}/history`)).json).toEqual([]);
    const resumed = await alice.decide(threadId, { type: 'approve' });
    expect([resumed.status, await readResourceNames(server.dataDir)]).toEqual([422, []]);
  });
});

describe('a run without a thread', () => {
  it('leaves no checkpoint behind, however it is asked for, unless it is to be kept', async () => {
    const alice = await signIn('alice');
    await alice.say(await alice.thread(), 'hello');
    const before = readCheckpointThreads();
    const run = { assistant_id: assistantId, input: { messages: [{ role: 'user', content: 'hello' }] } };
    const inBackground = async (payload: object): Promise<string> => {
      const { thread_id, run_id } = (await alice.send('POST', '/runs', payload)).json;
      await alice.send('GET', `/threads/${thread_id}/runs/${run_id}/join`);
      return thread_id;
    };

    expect(lastText(await alice.send('POST', '/runs/wait', run))).not.toBe('');
    expect((await alice.send('POST', '/runs/stream', run)).text).toContain('event: values');
    await inBackground(run);
    const kept = await inBackground({ ...run, on_completion: 'keep' });

    expect(readCheckpointThreads().filter((id) => !before.includes(id))).toEqual([kept]);
  });
});

describe('a thread that is copied', () => {
  it('brings its conversation along, and goes its own way', async () => {
    const alice = await signIn('alice');
    const threadId = await alice.thread();
    await alice.say(threadId, 'which organizations are there?');

    const copy = (await alice.send('POST', `/threads/${threadId}/copy`, {})).json.thread_id;
    await alice.say(copy, 'list environments');

    const textOf = async (id: string): Promise<string> =>
      (await alice.send('GET', `/threads/${id}/state`)).text;
    expect(await textOf(copy)).toContain('which organizations are there?');
    expect(await textOf(copy)).toContain('list environments');
    expect(await textOf(threadId)).not.toContain('list environments');
  });
});

const words = { messages: [{ role: 'user', content: 'private words of Bob' }] };
const carol = { issuer: 'http://localhost/dev', subject: 'carol' };

describe('an approval', () => {
  it('that was open when the server stopped is given afterwards, with the token of then', async () => {
    const threadId = await waitingThread('stopped-db');

    const ended = await server.stop();
    await server.start();
    const token = await server.token('alice');
    const alice = createAgentApi(server.url(), token);
    const waiting = (await alice.send('GET', `/threads/${threadId}`)).json;
    const done = await alice.decide(threadId, { type: 'approve' });

    expect([ended.code, ended.signal]).toEqual([0, null]);
    expect(waiting.status).toBe('interrupted');
    expect(lastText(done)).toContain('stopped-db is recorded');
    const { jti } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const created = (await readAuditRows(server.dataDir)).find(
      ({ action }) => action === 'create_cloud_resource',
    );
    expect(created).toMatchObject({ name: 'stopped-db', token_id: jti });
  });

  it('survives a crash in its checkpoints, is found by its owner under the same id, and by nobody else', async () => {
    const threadId = await waitingThread('crashed-db');

    const ended = await server.kill();
    await server.start();
    const [alice, bob] = [await signIn('alice'), await signIn('bob')];
    const metadata = { graph_id: assistantId };
    const taken = await bob.send('POST', '/threads', {
      thread_id: threadId,
      metadata,
      if_exists: 'do_nothing',
    });
    const seen = await bob.send('GET', `/threads/${threadId}/state`);
    const run = await bob.say(threadId, 'state?', { if_not_exists: 'create' });
    await alice.send('POST', '/threads', { thread_id: threadId, metadata, if_exists: 'do_nothing' });
    const state = await alice.send('GET', `/threads/${threadId}/state`);

    expect(ended.signal).toBe('SIGKILL');
    expect([taken.status, seen.status, run.status]).toEqual([404, 404, 404]);
    expect(state.json.tasks[0].interrupts[0].value.actionRequests[0].args.resource_name).toBe('crashed-db');
    expect(lastText(await alice.decide(threadId, { type: 'approve' }))).toContain('crashed-db is recorded');
  });
});

describe('a thread whose state names no owner', () => {
  it.each([
    [
      'a run that only updates it',
      (id: string) => [`/threads/${id}/runs/wait`, { command: { update: words } }],
    ],
    [
      'a run that names somebody else as its owner',
      (id: string) => [
        `/threads/${id}/runs/wait`,
        { command: { update: { ...words, _threadOwner: carol } } },
      ],
    ],
    [
      'a run that names nobody',
      (id: string) => [`/threads/${id}/runs/wait`, { command: { update: { ...words, _threadOwner: null } } }],
    ],
    ['a state that was written', (id: string) => [`/threads/${id}/state`, { values: words }]],
  ] as const)('is its maker’s after a crash: %s', async (_title, request) => {
    const bob = await signIn('bob');
    const made = await bob.send('POST', '/threads', { metadata: { graph_id: assistantId } });
    const id: string = made.json.thread_id;
    const [path, body] = request(id);
    await bob.send('POST', path as string, { assistant_id: assistantId, ...(body as object) });
    expect((await bob.send('GET', `/threads/${id}`)).status).toBe(200);

    await server.kill();
    await server.start();
    const alice = await signIn('alice');
    const taken = await alice.send('POST', '/threads', { thread_id: id, if_exists: 'do_nothing' });

    expect(taken.status).toBe(404);
    expect((await (await signIn('bob')).send('DELETE', `/threads/${id}`)).status).not.toBe(500);
  });
});

describe('the checkpoint database', () => {
  it('holds no text of a thread that was deleted', async () => {
    const alice = await signIn('alice');
    const threadId = await waitingThread('forgotten-db');
    expect(await readConversations()).toContain('forgotten-db');

    await alice.send('DELETE', `/threads/${threadId}`);
    await server.stop();

    expect(await readConversations()).not.toContain('forgotten-db');
  });
});
