import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Client } from '@modelcontextprotocol/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BearerToken } from '../../src/auth/bearer-token.js';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { HttpMcpServerConfig } from '../../src/config/mcp-servers.js';
import { isBrokenConnection } from '../../src/mcp-client/call-failure.js';
import type { ClientPoolOptions } from '../../src/mcp-client/client-pool.js';
import { createClientPool } from '../../src/mcp-client/client-pool.js';
import type { Credential } from '../../src/mcp-client/credential.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import type { McpTestServer } from '../../src/testing/mcp-test-server.js';
import { startMcpTestServer } from '../../src/testing/mcp-test-server.js';
import { testTools } from '../support/test-agent.js';
import type { Person } from '../support/test-platform.js';
import { callerFor } from '../support/test-platform.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

let server: McpTestServer;
const closing: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  server = await startMcpTestServer(testTools);
  closing.push(server);
});

afterEach(async () => {
  await Promise.all(closing.splice(0).map((each) => each.close()));
});

function createPool(options: ClientPoolOptions = {}) {
  const { token } = createTokenIssuer([server.url]);
  const config: HttpMcpServerConfig = {
    name: 'platform',
    type: 'http',
    url: server.url,
    required: true,
    auth: { mode: 'forward', audience: server.url },
    connectTimeoutMs: 2000,
    callTimeoutMs: 2000,
  };
  const pool = createClientPool(options);
  closing.push(pool);
  const credentialFor = (person: Person, jti: string) =>
    createCredential(
      toBearerToken(token(person, { jti })),
      callerFor(person, { audiences: [server.url] }).principal,
    );
  const call = (person: Person, jti = 'token', isBroken = false) =>
    pool.lend({
      server: config,
      credential: credentialFor(person, jti),
      isBroken: () => isBroken,
      use: (client) => client.callTool({ name: 'who_am_i', arguments: {} }),
    });
  return { pool, call, config, credentialFor };
}

describe('createClientPool', () => {
  it('connects once for uses at the same time, and keeps the client', async () => {
    const { pool, call } = createPool();

    await Promise.all(Array.from({ length: 10 }, () => call('alice')));
    await call('alice');

    expect(pool.size()).toBe(1);
    expect(server.calls).toHaveLength(11);
    expect(server.count('server/discover')).toBe(1);
  });

  it('keeps people apart', async () => {
    const { pool, call } = createPool();

    await Promise.all([call('alice'), call('bob'), call('alice'), call('bob')]);

    expect(pool.size()).toBe(2);
    expect(server.calls.map(({ subject }) => subject).sort()).toEqual(['alice', 'alice', 'bob', 'bob']);
  });

  it('asks a server that is known already nothing before the first call', async () => {
    const { call } = createPool();
    await call('alice');
    const before = server.requests.length;

    await call('bob');

    expect(server.requests.slice(before).map(({ method }) => method)).toEqual(['tools/call']);
  });

  it('sends with each call the token of that call, or of a later one of the same authority', async () => {
    const { call } = createPool();
    const ids = Array.from({ length: 12 }, (_, index) => `token-${String(index)}`);

    for (const id of ids) await call('alice', id);
    expect(server.calls.map(({ tokenId }) => tokenId)).toEqual(ids);

    await Promise.all(ids.map((id) => call('alice', id)));
    expect(new Set(server.calls.slice(12).map(({ tokenId }) => tokenId))).toEqual(new Set(['token-11']));
  });

  it('makes a call once more on the same client with the person’s other token', async () => {
    const { pool, config, credentialFor } = createPool();
    const credential = credentialFor('alice', 'good');
    const revoked = credentialFor('alice', 'revoked');
    credential.renew(revoked.token(), revoked.principal());
    server.intercept = (_method, request) =>
      request.headers.get('authorization') === `Bearer ${revoked.token().reveal()}`
        ? new Response(null, { status: 401 })
        : undefined;
    const use = (client: Client) => client.callTool({ name: 'who_am_i', arguments: {} });

    await pool.lend({ server: config, credential, isBroken: isBrokenConnection, use });

    expect(server.calls.map(({ tokenId }) => tokenId)).toEqual(['good']);
    expect(credential.token().reveal()).not.toBe(revoked.token().reveal());
    expect(pool.size()).toBe(1);
  });

  it('tells a refusal to the credential that sent the token, whoever took the client since', async () => {
    const { pool, config, credentialFor } = createPool();
    const refused: string[] = [];
    const credentialOf = (jti: string): Credential => {
      const credential = credentialFor('alice', jti);
      const refuse = (token: BearerToken) => (refused.push(jti), credential.refuse(token));
      return { ...credential, refuse };
    };
    const [first, second] = [credentialOf('first'), credentialOf('second')];
    const callAs = (credential: Credential) =>
      pool.lend({
        ...{ server: config, credential, isBroken: isBrokenConnection },
        use: (client: Client) => client.callTool({ name: 'who_am_i', arguments: {} }),
      });
    await callAs(first);
    let called: Promise<unknown> = Promise.resolve();
    server.intercept = (method) => {
      if (method !== 'tools/call') return undefined;
      server.intercept = undefined;
      called = callAs(second);
      return new Response(null, { status: 401 });
    };

    await callAs(first);
    await called;

    expect(refused).toEqual(['first']);
    expect(server.calls.map(({ tokenId }) => tokenId)).toEqual(['first', 'second', 'second']);
  });

  it('does not keep a client that did not open', async () => {
    const { pool, call } = createPool();
    server.failWith = 503;
    await expect(call('alice')).rejects.toThrow();
    expect(pool.size()).toBe(0);

    server.failWith = undefined;

    await call('alice');
    expect(server.calls).toHaveLength(1);
  });

  it('does not lend a client again whose use broke it, and leaves the others’ uses alone', async () => {
    const { pool, config, credentialFor, call } = createPool();
    const lend = (use: () => Promise<string>, isBroken: boolean) =>
      pool.lend({ server: config, credential: credentialFor('alice', 'x'), isBroken: () => isBroken, use });
    let finish = (_text: string): void => undefined;
    const other = lend(() => new Promise((resolve) => (finish = resolve)), false);

    await expect(lend(() => Promise.reject(new Error('broken')), true)).rejects.toThrow('broken');

    expect(pool.size()).toBe(0);
    finish('still fine');
    await expect(other).resolves.toBe('still fine');
    await call('alice');
    expect(pool.size()).toBe(1);
  });

  it('keeps a client whose use failed for another reason', async () => {
    const { pool, config, credentialFor } = createPool();
    const use = () => Promise.reject(new Error('refused'));
    const loan = { server: config, credential: credentialFor('alice', 'x'), isBroken: () => false, use };

    await expect(pool.lend(loan)).rejects.toThrow('refused');

    expect(pool.size()).toBe(1);
  });

  it('learns anew of a server that no longer speaks the era it did', async () => {
    const { pool, config, credentialFor } = createPool();
    const call = (person: Person) =>
      pool.lend({
        server: config,
        credential: credentialFor(person, 'token'),
        isBroken: isBrokenConnection,
        use: (client) => client.callTool({ name: 'who_am_i', arguments: {} }),
      });
    await call('alice');
    server.intercept = (method) =>
      method === 'tools/call' ? new Response('no such version', { status: 400 }) : undefined;
    await expect(call('alice')).rejects.toThrow();
    expect(pool.size()).toBe(0);
    server.intercept = undefined;

    await call('bob');

    expect(server.count('server/discover')).toBe(2);
  });

  it('keeps at most so many clients', async () => {
    const { pool, call } = createPool({ maxClients: 2 });

    await call('alice');
    await call('bob');
    await call('carol');

    expect(pool.size()).toBe(2);
  });

  it('closes what it kept, twice as well as once', async () => {
    const { pool, call } = createPool();
    await call('alice');

    await pool.close();
    await pool.close();

    expect(pool.size()).toBe(0);
  });

  it('keeps nobody waiting for a server that never answers when it closes', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    // A TCP server's address is an object.
    const { port } = silent.address() as AddressInfo;
    const { pool, config, credentialFor } = createPool();
    const asked = once(silent, 'request');
    const waiting = pool.lend({
      server: { ...config, url: `http://127.0.0.1:${String(port)}/mcp`, connectTimeoutMs: 600_000 },
      credential: credentialFor('alice', 'token'),
      isBroken: () => true,
      use: () => Promise.resolve('used'),
    });
    const refused = expect(waiting).rejects.toMatchObject({ failure: { outcome: 'unavailable' } });
    await asked;

    await pool.close();

    await refused;
    silent.closeAllConnections();
    silent.close();
  });
});
