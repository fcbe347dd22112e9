import { afterEach, describe, expect, it, vi } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { parseMcpServers } from '../../src/config/mcp-servers.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import { loadLiveTools } from '../support/load-live-tools.js';
import { becomes, failureOf, guardProcess, openStreams } from '../support/lending-pool.js';
import type { RawAnswer, RawMcpServer } from '../support/raw-mcp-server.js';
import { beginEvents, sendJson, toResult } from '../support/raw-mcp-server.js';
import { callerFor } from '../support/test-platform.js';

const { start } = guardProcess();

afterEach(() => {
  vi.useRealTimers();
});

/** Answers as a server does that was replaced by one of the newer era alone. */
function speakNewerEraAlone({ answers }: RawMcpServer): void {
  const answer: RawAnswer = (raw) => {
    if (raw.request.headers['mcp-protocol-version'] === '2026-07-28') {
      sendJson(raw.response, toResult(raw));
      return;
    }
    const data = { supported: ['2026-07-28'], requested: '2025-11-25' };
    const error = { code: -32022, message: 'Unsupported protocol version', data };
    raw.response.writeHead(400, { 'content-type': 'application/json' });
    raw.response.end(JSON.stringify({ jsonrpc: '2.0', id: raw.id, error }));
  };
  for (const method of ['server/discover', 'initialize', 'tools/list', 'tools/call'])
    answers.set(method, answer);
}

describe('the requests of one session', () => {
  it('have an id each, however many clients made them', async () => {
    const { server, pool, call } = await start('2025', { hasSession: true });
    for (let times = 0; times < 4; times += 1) {
      await call();
      await becomes(() => pool.size(), 0);
    }

    const sent = server.requests.filter(({ method, id }) => method !== 'server/discover' && id !== undefined);
    const ids = sent.map(({ id }) => id);

    expect(server.count('initialize')).toBe(1);
    expect(ids).toHaveLength(5);
    expect(new Set(ids).size).toBe(5);
  });
});

describe('a session in which an answer did not come', () => {
  it('ends with its last use, since its stream broke', async () => {
    const { server, pool, call } = await start('2025', { hasSession: true, lingerMs: 2000 });
    server.answers.set('tools/call', ({ response }) => void beginEvents(response).end());

    await failureOf(call());
    await becomes(() => server.count('DELETE'), 1);

    expect(pool.size() + pool.sessions()).toBe(0);
    server.answers.clear();
    await call();
    expect(server.count('initialize')).toBe(2);
  });

  it('ends with its last use, since the call was stopped', async () => {
    const { server, pool } = await start('2025', { hasSession: true, lingerMs: 2000 });
    const { principal } = callerFor('alice');
    const [config] = parseMcpServers(
      JSON.stringify({ mcpServers: { faulty: { type: 'http', url: server.url, auth: { mode: 'none' } } } }),
      { file: 'f', env: {} },
    );
    const credential = createCredential(toBearerToken('abc'), principal);
    const [work] = await loadLiveTools({ server: config!, credential, pool });
    const stopped = new AbortController();
    server.answers.set('tools/call', () => {
      stopped.abort();
    });

    await expect(work!.call({}, { isWrite: true, signal: stopped.signal })).rejects.toThrow();
    await becomes(() => server.count('DELETE'), 1);

    expect(server.count('notifications/cancelled')).toBe(1);
    expect(pool.size() + pool.sessions()).toBe(0);
  });

  it('goes on while another call of it is on its way', async () => {
    const { server, call } = await start('2025', { hasSession: true });
    openStreams(server);
    let answerLate = (): void => undefined;
    server.answers.set('tools/call', (raw) => {
      answerLate = () => {
        sendJson(raw.response, toResult(raw));
      };
    });
    const began = server.next('tools/call');
    const late = call();
    await began;
    server.answers.set('tools/call', ({ response }) => void beginEvents(response).end());
    await failureOf(call());

    expect(server.count('DELETE')).toBe(0);
    answerLate();

    expect(await late).toMatchObject({ content: [{ text: 'done' }] });
    await becomes(() => server.count('DELETE'), 1);
  });
});

describe('a server that went over to the newer era alone', () => {
  it.each([
    ['with a session', true],
    ['without a session', false],
  ])('is called by each person who waits %s, and nobody is told', async (_title, hasSession) => {
    const { server, pool, call, events } = await start('2025', { hasSession });
    const people = ['alice', 'bob', 'carol'];
    for (const person of people) await call(person);
    await becomes(() => pool.size(), 0);
    speakNewerEraAlone(server);

    for (const person of people) expect(await call(person)).toMatchObject({ content: [{ text: 'done' }] });

    expect(pool.sessions()).toBe(0);
    expect(events.filter(({ kind }) => kind === 'session-renewed')).toEqual([]);
  });

  it('is called once more by a client that is still open', async () => {
    const { server, call } = await start('2025', { hasSession: true, lingerMs: 2000 });
    await call();
    speakNewerEraAlone(server);

    expect(await call()).toMatchObject({ content: [{ text: 'done' }] });
  });

  it('is not called once more when the refusal comes as an answer, after which work may have begun', async () => {
    const { server, call } = await start('2025', { hasSession: true });
    await call();
    server.answers.set('tools/call', ({ id, response }) => {
      const data = { supported: ['2026-07-28'], requested: '2025-11-25' };
      sendJson(response, { jsonrpc: '2.0', id, error: { code: -32022, message: 'passed on', data } });
    });

    expect(await failureOf(call())).toMatchObject({ outcome: 'contract' });

    expect(server.count('tools/call')).toBe(2);
  });
});

describe('a server of the older era', () => {
  it('is asked again after ten minutes, also by those who came back all the time', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { server, pool, call } = await start('2025');
    for (let minutes = 0; minutes < 12; minutes += 3) {
      await call();
      await becomes(() => pool.size(), 0);
      vi.advanceTimersByTime(180_000);
    }
    expect(server.count('server/discover')).toBe(1);

    await call();

    expect(server.count('server/discover')).toBe(2);
  });
});
