import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentApi } from '../support/agent-api.js';
import { assistantId, createAgentApi, lastText, openApproval, wholeRequest } from '../support/agent-api.js';
import type { TestAgentServer } from '../support/agent-server.js';
import { startAgentServer } from '../support/agent-server.js';
import { readAuditRows } from '../support/platform-records.js';

let server: TestAgentServer;
let alice: AgentApi;
let bob: AgentApi;
/** A thread of Alice’s that waits for an approval, and its only run. */
let threadId: string;
let runId: string;
let checkpointId: string;

const message = (content: string): object => ({ messages: [{ role: 'user', content }] });

beforeAll(async () => {
  server = await startAgentServer();
  alice = createAgentApi(server.url(), await server.token('alice'));
  bob = createAgentApi(server.url(), await server.token('bob'));
  threadId = await alice.thread();
  await alice.say(threadId, wholeRequest('alices-db'));
  runId = (await alice.send('GET', `/threads/${threadId}/runs`)).json[0].run_id;
  checkpointId = (await alice.send('GET', `/threads/${threadId}/state`)).json.checkpoint.checkpoint_id;
});
afterAll(() => server.remove());

/** Every route of the LangGraph API that takes a thread, as [method, path, body]. */
function threadRoutes(): readonly (readonly [string, string, object?])[] {
  const thread = `/threads/${threadId}`;
  const run = `${thread}/runs/${runId}`;
  const newRun = { assistant_id: assistantId, input: message('hello') };
  return [
    ['GET', thread],
    ['PATCH', thread, { metadata: { seen: true } }],
    ['DELETE', thread],
    ['POST', `${thread}/copy`, {}],
    ['GET', `${thread}/state`],
    ['POST', `${thread}/state`, { values: message('hello') }],
    ['GET', `${thread}/state/${checkpointId}`],
    ['POST', `${thread}/state/checkpoint`, { checkpoint: { checkpoint_id: checkpointId } }],
    ['GET', `${thread}/history`],
    ['POST', `${thread}/history`, {}],
    ['GET', `${thread}/runs`],
    ['POST', `${thread}/runs`, newRun],
    ['POST', `${thread}/runs`, { ...newRun, if_not_exists: 'create', multitask_strategy: 'enqueue' }],
    ['POST', `${thread}/runs/wait`, newRun],
    ['POST', `${thread}/runs/stream`, newRun],
    ['GET', run],
    ['DELETE', run],
    ['GET', `${run}/join`],
    ['GET', `${run}/stream`],
    ['POST', `${run}/cancel`, {}],
    ['POST', `${run}/cancel?action=rollback`, {}],
    ['GET', `/runs/${runId}/stream`],
    ['POST', '/threads', { thread_id: threadId }],
    ['POST', '/threads', { thread_id: threadId, if_exists: 'do_nothing' }],
    ['POST', `${thread}/commands`, { id: 1, method: 'state.get', params: {} }],
    [
      'POST',
      `${thread}/commands`,
      { id: 1, method: 'run.start', params: { assistant_id: assistantId, input: message('hello') } },
    ],
    ['POST', `${thread}/stream/events`, { channels: ['values', 'messages'] }],
  ];
}

describe('another person’s thread', () => {
  it('does not exist on any route, and is as it was afterwards', async () => {
    const before = await alice.send('GET', `/threads/${threadId}`);

    for (const [method, path, body] of threadRoutes()) {
      const answer = await bob.send(method, path, body);
      expect([method, path, answer.status]).toEqual([method, path, 404]);
      expect(answer.text).not.toContain('alices-db');
    }

    expect((await alice.send('GET', `/threads/${threadId}`)).json).toEqual(before.json);
    expect((await alice.send('GET', `/threads/${threadId}/runs`)).json).toHaveLength(1);
  });

  it('is neither searched nor counted', async () => {
    const search = { metadata: {}, ids: [threadId] };

    expect((await bob.send('POST', '/threads/search', search)).json).toEqual([]);
    expect((await bob.send('POST', '/threads/search', {})).json).toEqual([]);
    expect((await bob.send('POST', '/threads/search', { values: {} })).json).toEqual([]);
    expect((await bob.send('POST', '/threads/count', {})).json).toBe(0);
    expect((await alice.send('POST', '/threads/search', search)).json).toHaveLength(1);
  });

  it('is not opened by a WebSocket of another person, or of nobody', async () => {
    const path = `/threads/${threadId}/stream/events`;

    expect(await upgrade(path, await server.token('alice'))).toBe(101);
    expect(await upgrade(path, await server.token('bob'))).toBe(404);
    expect(await upgrade(path, undefined)).toBe(401);
  });

  it('shows no stream while its run goes on', async () => {
    const id = await alice.thread();
    const input = message(wholeRequest('running-db'));
    const started = await alice.send('POST', `/threads/${id}/runs`, { assistant_id: assistantId, input });
    const run = started.json.run_id;

    const byThread = await bob.send('GET', `/threads/${id}/runs/${run}/stream`);
    const byRun = await bob.send('GET', `/runs/${run}/stream`);
    const ownByRun = await alice.send('GET', `/runs/${run}/stream`);

    expect([byThread.status, byRun.status, ownByRun.status]).toEqual([404, 404, 404]);
    expect((await alice.send('GET', `/threads/${id}/runs/${run}/join`)).text).toContain('running-db');
  });

  it('lets its owner go on after all of that', async () => {
    const again = await alice.send('POST', `/threads/${threadId}/commands`, {
      id: 1,
      method: 'state.get',
      params: {},
    });
    expect(again.text).toContain('alices-db');

    expect(lastText(await alice.decide(threadId, { type: 'approve' }))).toContain('alices-db is recorded');
  });
});

describe('a protocol-v2 thread', () => {
  const start = {
    id: 1,
    method: 'run.start',
    params: { assistant_id: assistantId, input: message('list environments') },
  };

  const runOnce = async (api: AgentApi, id: string): Promise<void> => {
    const started = await api.send('POST', `/threads/${id}/commands`, start);
    await api.send('GET', `/threads/${id}/runs/${started.json.result.run_id}/join`);
  };

  it('runs with the token of the request, not with that of whoever opened it first', async () => {
    const id = await alice.thread();
    await runOnce(alice, id);
    const newer = await server.token('alice', { ttlSeconds: 7200 });

    await runOnce(createAgentApi(server.url(), newer), id);

    const { jti } = JSON.parse(Buffer.from(newer.split('.')[1] ?? '', 'base64url').toString());
    expect((await readAuditRows(server.dataDir)).at(-1)?.token_id).toBe(jti);
  });

  it('whose id was given up shows its events to nobody who takes the id', async () => {
    const id = await alice.thread();
    await runOnce(alice, id);
    await alice.send('DELETE', `/threads/${id}`);
    const taken = await bob.send('POST', '/threads', { thread_id: id });

    const events = await bob.send('POST', `/threads/${id}/stream/events`, {
      channels: ['values', 'messages'],
    });
    const started = await bob.send('POST', `/threads/${id}/commands`, start);

    expect([taken.status, events.status, started.status]).toEqual([200, 404, 404]);
    expect(lastText(await bob.say(id, 'list environments'))).toContain('staging');
  });
});

describe('the store', () => {
  const place = { namespace: ['notes', 'work'], key: 'today' };

  it('keeps each person’s items apart, under whatever name they are asked for', async () => {
    await alice.send('PUT', '/store/items', { ...place, value: { text: 'of alice' } });

    expect((await alice.send('GET', '/store/items?namespace=notes.work&key=today')).json).toMatchObject({
      ...place,
      value: { text: 'of alice' },
    });
    expect((await bob.send('GET', '/store/items?namespace=notes.work&key=today')).json).toBeNull();
    await bob.send('DELETE', '/store/items', place);
    await bob.send('PUT', '/store/items', { ...place, value: { text: 'of bob' } });
    for (const namespace_prefix of [[], ['notes'], ['notes', 'work']]) {
      const found = await alice.send('POST', '/store/items/search', { namespace_prefix });
      expect(found.json.items).toMatchObject([{ ...place, value: { text: 'of alice' } }]);
      expect((await bob.send('POST', '/store/items/search', { namespace_prefix })).text).not.toContain(
        'alice',
      );
    }
  });

  it('lists a person’s own namespaces alone, to the depth that is asked for', async () => {
    await alice.send('PUT', '/store/items', { namespace: ['secret-plan'], key: 'a', value: {} });

    const own = await alice.send('POST', '/store/namespaces', { max_depth: 1 });

    expect(own.json.namespaces).toEqual(expect.arrayContaining([['secret-plan']]));
    for (const body of [{}, { prefix: ['secret-plan'] }, { suffix: ['secret-plan'] }, { max_depth: 3 }]) {
      expect((await bob.send('POST', '/store/namespaces', body)).text).not.toContain('secret-plan');
    }
  });

  it('is not entered under the label of another person', async () => {
    await alice.send('PUT', '/store/items', { namespace: ['mine'], key: 'k', value: { text: 'of alice' } });
    const label = await readLabel();

    const found = await bob.send('POST', '/store/items/search', { namespace_prefix: [label] });
    await bob.send('PUT', '/store/items', { namespace: [label, 'planted'], key: 'k', value: {} });

    expect(found.json.items).toEqual([]);
    expect((await alice.send('POST', '/store/namespaces', {})).text).not.toContain('planted');
  });

  async function readLabel(): Promise<string> {
    const { storeLabelOf } = await import('../../src/server/authenticated-user.js');
    return storeLabelOf('http://localhost/dev|alice');
  }
});

describe('what the server keeps for itself', () => {
  it('wipes nothing for anybody', async () => {
    const all = { runs: true, threads: true, assistants: true, checkpointer: true, store: true };

    expect((await bob.send('POST', '/internal/truncate', all)).status).toBe(404);
    expect((await alice.send('POST', '/internal/truncate', all)).status).toBe(404);
    expect((await bob.send('POST', '/intern%61l/truncate', all)).status).toBe(404);
    expect((await alice.send('GET', `/threads/${threadId}`)).status).toBe(200);
  });

  it('shows assistants and lets nobody change them', async () => {
    const id = (await alice.send('POST', '/assistants/search', {})).json[0].assistant_id;

    expect((await alice.send('GET', `/assistants/${id}`)).json.graph_id).toBe(assistantId);
    expect((await alice.send('POST', '/assistants', { graph_id: assistantId })).status).toBe(403);
    expect((await alice.send('PATCH', `/assistants/${id}`, { name: 'mine' })).status).toBe(403);
    expect((await alice.send('POST', `/assistants/${id}/latest`, { version: 1 })).status).toBe(403);
    expect((await alice.send('DELETE', `/assistants/${id}`)).status).toBe(403);
  });

  it('names the owner of a thread itself, whatever a client writes', async () => {
    const metadata = { owner: 'http://localhost/dev|bob' };
    const created = await alice.send('POST', '/threads', { metadata });
    const id = created.json.thread_id;
    const run = { assistant_id: assistantId, input: message('hello'), metadata };

    const patched = await alice.send('PATCH', `/threads/${id}`, { metadata });
    await alice.send('POST', `/threads/${id}/runs/wait`, run);
    const stateless = await alice.send('POST', '/runs', { ...run, on_completion: 'keep' });

    const owner = 'http://localhost/dev|alice';
    expect([created, patched, stateless].map(({ json }) => json.metadata.owner)).toEqual([
      owner,
      owner,
      owner,
    ]);
    expect((await bob.send('GET', `/threads/${id}`)).status).toBe(404);
    expect((await bob.send('GET', `/threads/${stateless.json.thread_id}`)).status).toBe(404);
  });

  it('lets no config of a run say who runs, where, or with which engine', async () => {
    const id = await bob.thread();
    const configurable = {
      user_id: 'http://localhost/dev|alice',
      thread_id: threadId,
      langgraph_auth_user: { identity: 'http://localhost/dev|alice', permissions: ['platform'] },
      langgraph_auth_user_id: 'http://localhost/dev|alice',
      __pregel_checkpointer: {},
      __pregel_resuming: true,
      __pregel_resume_map: {},
      langsmith_project: 'exfiltrate',
    };

    const answer = await bob.say(id, wholeRequest('spoof-db'), { config: { configurable } });

    expect(openApproval(answer)).toBeDefined();
    const run = (await bob.send('GET', `/threads/${id}/runs`)).json[0];
    expect(run.kwargs.config.configurable).toMatchObject({
      thread_id: id,
      langgraph_auth_user_id: 'http://localhost/dev|bob',
    });
    expect(
      Object.keys(run.kwargs.config.configurable).filter((key) => /^(?:__|x-|langsmith_)/.test(key)),
    ).toEqual([]);
    const { values } = (await bob.send('GET', `/threads/${id}/state`)).json;
    expect(values._threadOwner.subject).toBe('bob');
  });

  it('calls no webhook', async () => {
    const id = await alice.thread();

    const answer = await alice.say(id, 'hello', { webhook: 'http://127.0.0.1:9/steal' });

    expect([answer.status, answer.text]).toEqual([422, expect.stringContaining('Webhooks are not enabled')]);
    expect((await alice.send('GET', `/threads/${id}/runs`)).json).toEqual([]);
  });

  it('answers to no host name but its own', async () => {
    const { port } = new URL(server.url());

    expect(await upgrade('/healthz', undefined, `evil.example:${port}`)).toBe(403);
  });
});

/** Asks for a WebSocket by hand, with a host name that fetch would not send; gives the status of the answer. */
async function upgrade(path: string, token: string | undefined, host = 'localhost'): Promise<number> {
  const socket = connect(Number(new URL(server.url()).port), '127.0.0.1');
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(head.toString())?.[1]);
}
