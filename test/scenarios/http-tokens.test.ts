import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentApi, ApiAnswer } from '../support/agent-api.js';
import { createAgentApi, lastText, wholeRequest } from '../support/agent-api.js';
import type { TestAgentServer } from '../support/agent-server.js';
import { startAgentServer } from '../support/agent-server.js';
import { readAuditRows } from '../support/platform-records.js';

let server: TestAgentServer;

beforeAll(async () => {
  server = await startAgentServer({ env: { LOG_LEVEL: 'debug' } });
});
afterAll(() => server.remove());

const routes = [
  ['POST', '/threads'],
  ['POST', '/threads/search'],
  ['POST', '/runs/wait'],
  ['POST', '/assistants/search'],
  ['POST', '/store/items/search'],
  ['GET', '/threads/01a1fd4e-c93e-7359-89d6-24a354856caf/state'],
  ['GET', '/mcp/status'],
  ['GET', '/ok'],
  ['GET', '/nowhere'],
] as const;

describe('a request', () => {
  it.each(routes)(
    '%s %s without a token is answered with a challenge and no error code',
    async (method, path) => {
      const answer = await createAgentApi(server.url()).send(
        method,
        path,
        method === 'POST' ? {} : undefined,
      );

      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="graph-fleet"');
    },
  );

  it('with a token that is no good is answered with what is wrong, and nothing of the token', async () => {
    const [header = '', payload = ''] = (await server.token('alice')).split('.');
    const { length } = 'a'.repeat(86);
    const tokens = {
      words: 'not-a-token',
      'another signature': `${header}.${payload}.${'A'.repeat(length)}`,
      'no signature': `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`,
      expired: await server.token('alice', { ttlSeconds: 60, clock: () => Date.now() - 3_600_000 }),
      'another audience': await server.token('alice', { audiences: ['somebody-else', server.platformUrl()] }),
    };

    for (const [what, token] of Object.entries(tokens)) {
      const answer = await createAgentApi(server.url(), token).send('POST', '/threads', {});
      expect([what, answer.status]).toEqual([what, 401]);
      expect(answer.headers.get('www-authenticate')).toMatch(
        /^Bearer realm="graph-fleet", error="invalid_token", /,
      );
      expect(answer.text).toMatch(/^Sign in again: the token (?:was refused|has expired)\.$/);
    }
  });

  it('is heard for liveness and metrics alone without credentials', async () => {
    const nobody = createAgentApi(server.url());

    expect((await nobody.send('GET', '/healthz')).text).toBe('{"status":"ok"}');
    expect((await nobody.send('GET', '/metrics')).status).toBe(200);
    expect((await nobody.send('POST', '/healthz', {})).status).toBe(401);
    expect((await nobody.send('GET', '/healthz/')).status).toBe(401);
  });
});

describe('_user_token', () => {
  const withToken = (token: unknown): object => ({ config: { configurable: { _user_token: token } } });

  it('of the same person is used instead of the header’s, and stored nowhere', async () => {
    const alice = createAgentApi(server.url(), await server.token('alice'));
    const newer = await server.token('alice', { ttlSeconds: 7200 });
    const threadId = await alice.thread();

    const answer = await alice.say(threadId, 'which organizations are there?', withToken(newer));

    expect(lastText(answer)).toContain('acme');
    const { jti } = JSON.parse(Buffer.from(newer.split('.')[1] ?? '', 'base64url').toString());
    expect((await readAuditRows(server.dataDir)).at(-1)?.token_id).toBe(jti);
    const stored = await alice.send('GET', `/threads/${threadId}/runs`);
    expect(stored.text).not.toContain('_user_token');
    // The next run of the thread does not inherit it.
    expect((await alice.say(threadId, 'state?')).status).toBe(200);
  });

  it('in an input, where it would be stored, is refused before a run exists', async () => {
    const token = await server.token('alice');
    const alice = createAgentApi(server.url(), token);
    const threadId = await alice.thread();

    const refused = await alice.run(threadId, { input: { messages: [], _user_token: token } });

    expect(refused.status).toBe(422);
    expect(refused.text).toContain('input._user_token would be stored');
    expect(refused.text).not.toContain(token);
    expect((await alice.send('GET', `/threads/${threadId}/runs`)).json).toEqual([]);
  });

  it('of another person, or a bad one, is refused before a run exists', async () => {
    const alice = createAgentApi(server.url(), await server.token('alice'));
    const threadId = await alice.thread();
    const expired = await server.token('alice', { ttlSeconds: 60, clock: () => Date.now() - 3_600_000 });
    const refused = [
      [await server.token('bob'), 403],
      ['not-a-token', 401],
      [expired, 401],
      [await server.token('alice', { audiences: ['somebody-else'] }), 401],
      [{ reveal: 'x' }, 401],
      ['', 401],
      [null, 401],
    ] as const;

    for (const [token, status] of refused) {
      const answer = await alice.say(threadId, 'hello', withToken(token));
      expect([token, answer.status]).toEqual([token, status]);
      expect(answer.headers.has('www-authenticate')).toBe(status === 401);
    }

    expect((await alice.send('GET', `/threads/${threadId}/runs`)).json).toEqual([]);
    const created = await alice.say('01a1fd4e-c93e-7359-89d6-24a354856caf', 'hello', {
      ...withToken('not-a-token'),
      if_not_exists: 'create',
    });
    expect(created.status).toBe(401);
    expect((await alice.send('GET', '/threads/01a1fd4e-c93e-7359-89d6-24a354856caf')).status).toBe(404);
  });
});

describe('after a whole flow', () => {
  const allModes = [
    ...['values', 'messages', 'messages-tuple', 'updates', 'events'],
    ...['tasks', 'checkpoints', 'debug', 'custom', 'tools'],
  ];

  it('neither a token nor the password is in any answer, stream, file or log', async () => {
    const header = await server.token('alice');
    const inConfig = await server.token('alice', { ttlSeconds: 7200 });
    const resuming = await server.token('alice', { ttlSeconds: 1800 });
    const alice = createAgentApi(server.url(), header);
    const threadId = await alice.thread();
    const answers: ApiAnswer[] = [];
    const stream = async (api: AgentApi, payload: object): Promise<void> => {
      const body = { assistant_id: 'aws_rds_instance_creator', stream_mode: allModes, ...payload };
      const headers = { 'x-secret-copy': header, 'x-auth-token': header };
      answers.push(await api.send('POST', `/threads/${threadId}/runs/stream`, body, headers));
    };

    await stream(alice, {
      input: { messages: [{ role: 'user', content: wholeRequest('secret-db') }] },
      config: { configurable: { _user_token: inConfig } },
    });
    const state = await alice.send('GET', `/threads/${threadId}/state`);
    expect(state.json.tasks[0].interrupts).toHaveLength(1);
    await stream(createAgentApi(server.url(), resuming), {
      command: { resume: { decisions: [{ type: 'approve' }] } },
    });
    for (const path of ['', '/state', '/history', '/runs'])
      answers.push(await alice.send('GET', `/threads/${threadId}${path}`));
    answers.push(await alice.send('POST', `/threads/${threadId}/history`, {}));
    answers.push(await alice.send('GET', '/mcp/status'));
    const refused = createAgentApi(server.url(), `${header}x`);
    answers.push(await refused.send('POST', '/threads', {}));
    const password = await revealPassword(answers[1]?.text ?? '', header);
    await server.stop();

    const places = [
      ...answers.map(({ text }, index) => [`answer ${String(index)}`, text] as const),
      ['output', server.output()] as const,
      ...(await readFolder(server.dataDir)),
    ];
    expect(places.map(([name]) => name)).toEqual(
      expect.arrayContaining(['agent.db', 'platform.db', 'records.db']),
    );
    const secrets = [header, inConfig, resuming].flatMap((token) => token.split('.'));
    for (const [name, text] of places) {
      const found = [...secrets, password].filter((secret) => text.includes(secret));
      expect([name, found]).toEqual([name, []]);
    }
    expect(await readOpenFiles(server.dataDir)).toEqual([]);
    expect(answers[0]?.text).toContain('secret-db');
    expect(places.filter(([, text]) => text.includes('secret-db')).length).toBeGreaterThan(5);
  });

  async function revealPassword(text: string, token: string): Promise<string> {
    const url = /http:\/\/127\.0\.0\.1:\d+\/resources\/res_\w+\/credentials/.exec(text)?.[0] ?? '';
    const response = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
    const { credentials } = (await response.json()) as { credentials: { password: string } };
    expect(credentials.password).toHaveLength(30);
    return credentials.password;
  }

  /** The files and folders that anybody but their owner may enter, read or write. */
  async function readOpenFiles(folder: string): Promise<string[]> {
    const paths = await readdir(folder, { recursive: true });
    const modes = await Promise.all(
      paths.map(async (path) => [path, (await stat(join(folder, path))).mode] as const),
    );
    return modes.filter(([, mode]) => (mode & 0o077) !== 0).map(([path]) => path);
  }

  async function readFolder(folder: string): Promise<readonly (readonly [string, string])[]> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return Promise.all(
      files.map(async ({ parentPath, name }) => {
        const path = join(parentPath, name);
        return [path.slice(folder.length + 1), (await readFile(path)).toString('latin1')] as const;
      }),
    );
  }
});
