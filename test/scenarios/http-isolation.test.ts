import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentApi, Json } from '../support/agent-api.js';
import { assistantId, createAgentApi, lastText, wholeRequest } from '../support/agent-api.js';
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

  it('is answered on every route like one that does not exist', async () => {
    const absent = randomUUID();
    const making = (path: string, body: object | undefined): boolean =>
      path === '/threads' || JSON.stringify(body ?? {}).includes('"create"');

    for (const [method, path, body] of threadRoutes()) {
      if (making(path, body)) continue;
      const [hers, nobodys] = await Promise.all([
        bob.send(method, path, body),
        bob.send(method, path.replace(threadId, absent), body),
      ]);
      const shown = nobodys.text.replaceAll(absent, threadId);
      expect([method, path, hers.status, hers.text]).toEqual([method, path, nobodys.status, shown]);
    }
  });

  it('does not exist either before anything was said on it', async () => {
    const id = await alice.thread();
    const own = { channels: ['values'] };

    const answers = await Promise.all([
      bob.send('GET', `/threads/${id}`),
      bob.send('POST', '/threads', { thread_id: id }),
      bob.send('POST', '/threads', { thread_id: id, if_exists: 'do_nothing' }),
      bob.send('POST', `/threads/${id}/copy`, {}),
      bob.send('POST', `/threads/${id}/commands`, { id: 1, method: 'state.get', params: {} }),
      bob.send('POST', `/threads/${id}/stream/events`, own),
      bob.say(id, 'hello'),
    ]);

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
    expect((await alice.send('GET', `/threads/${id}/runs`)).json).toEqual([]);
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

  it('leaves a line in the operator’s log for each try, without anything of its owner', async () => {
    const tries = threadRoutes();
    const before = refusals().length;
    for (const [method, path, body] of tries) await bob.send(method, path, body);
    await bob.send('GET', '/threads/00000000-0000-4000-8000-000000000000');
    await alice.send('GET', `/threads/${threadId}/runs/00000000-0000-4000-8000-000000000000`);

    // Every route but the one that names no thread; a thread that is not there, and one’s own, are nobody’s refusal.
    const named = tries.filter(([, path]) => path !== `/runs/${runId}/stream`);
    const told = named.map(([method, path]) => {
      const [route = ''] = path.replace(threadId, ':thread_id').split('?');
      return `${method} ${route}`;
    });
    // The log comes through a pipe, a little after the answers.
    await expect.poll(() => refusals().length - before).toBeGreaterThanOrEqual(told.length);
    const lines = refusals().slice(before);
    expect(lines.map(({ route }) => route)).toEqual(told);
    for (const line of lines) {
      expect(line).toMatchObject({ level: 'warn', issuer: 'http://localhost/dev', subject: 'bob', threadId });
      expect(JSON.stringify(line)).not.toContain('alice');
    }
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

/** The lines of the operator’s log about tries on another person’s thread, oldest first. */
function refusals(): readonly Json[] {
  const lines = server.output().split('\n');
  return lines.filter((line) => line.includes('"thread.refused"')).map((line) => JSON.parse(line));
}

/** Asks for a WebSocket by hand, as fetch cannot; gives the status of the answer. */
async function upgrade(path: string, token: string | undefined): Promise<number> {
  const socket = connect(Number(new URL(server.url()).port), '127.0.0.1');
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: localhost',
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
