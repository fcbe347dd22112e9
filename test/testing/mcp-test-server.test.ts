import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterEach, describe, expect, it } from 'vitest';
import { createManualClock } from '../../src/testing/manual-clock.js';
import type { McpTestServer, McpTestServerOptions } from '../../src/testing/mcp-test-server.js';
import { startMcpTestServer } from '../../src/testing/mcp-test-server.js';
import { textResult } from '../../src/testing/test-tool.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

const clock = createManualClock();
const audience = 'the-server';
let server: McpTestServer;
let clients: Client[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await server.close();
});

async function start(options: McpTestServerOptions = {}) {
  clients = [];
  server = await startMcpTestServer(
    { who_am_i: { run: (_args, { subject }) => textResult({ you: subject }) } },
    { clock: clock.now, ...options },
  );
  const issuer = createTokenIssuer([audience], clock.now);
  server.trust(issuer, audience);
  return issuer;
}

async function connect(token: () => string, mode: 'auto' | 'legacy' = 'auto'): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  clients.push(client);
  await client.connect(
    new StreamableHTTPClientTransport(new URL(server.url), { authProvider: { token: async () => token() } }),
  );
  return client;
}

async function statusOf(token: string): Promise<number> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
  };
  const response = await fetch(server.url, { method: 'POST', headers, body });
  await response.text();
  return response.status;
}

describe('a test server', () => {
  it.each([
    ['of the newest era', {}, 'auto'],
    ['of the 2025 era', {}, 'legacy'],
    ['of the 2025 era, with sessions', { sessions: true }, 'auto'],
  ] as const)('serves a client %s and records whose token made each call', async (_title, options, mode) => {
    const issuer = await start(options);
    const [hers, his] = await Promise.all([
      connect(() => issuer.token('alice', { jti: 'of-alice' }), mode),
      connect(() => issuer.token('bob', { jti: 'of-bob' }), mode),
    ]);
    await hers.callTool({ name: 'who_am_i' });
    const { content } = await his.callTool({ name: 'who_am_i' });

    expect(content).toEqual(textResult({ you: 'bob' }).content);
    expect(server.calls).toMatchObject([
      { subject: 'alice', tokenId: 'of-alice', tool: 'who_am_i' },
      { subject: 'bob', tokenId: 'of-bob', tool: 'who_am_i' },
    ]);
    const sessionOf = new Map(server.liveSessions().map(({ id, subject }) => [subject, id]));
    expect(sessionOf.size).toBe('sessions' in options ? 2 : 0);
    for (const { subject, sessionId } of server.calls) expect(sessionId).toBe(sessionOf.get(subject));
    expect(server.count('tools/call')).toBe(2);
  });

  it('believes what it can read until it is given an issuer', async () => {
    server = await startMcpTestServer({});
    const stranger = createTokenIssuer(['elsewhere']);

    expect(await statusOf(stranger.token('alice'))).toBe(200);
    server.trust(createTokenIssuer([audience]), audience);
    expect(await statusOf(stranger.token('alice'))).toBe(401);
  });

  it('takes its own URL for the audience when none is named', async () => {
    server = await startMcpTestServer({});
    const issuer = createTokenIssuer([server.url]);
    server.trust(issuer);

    expect(await statusOf(issuer.token('alice'))).toBe(200);
    expect(await statusOf(issuer.token('alice', { aud: `${server.url}/more` }))).toBe(401);
    expect(server.refused).toMatchObject([{ subject: 'alice', reason: 'audience' }]);
  });

  it('refuses a token at the second it expires', async () => {
    const issuer = await start();
    const token = issuer.token('alice');
    clock.advance(599_000);
    const before = await statusOf(token);
    clock.advance(1_000);

    expect([before, await statusOf(token)]).toEqual([200, 401]);
    expect(server.refused).toMatchObject([{ subject: 'alice', reason: 'expired' }]);
  });

  it('refuses a withdrawn key', async () => {
    const issuer = await start();
    const token = issuer.token('alice');
    issuer.withdraw('test-key');

    expect([await statusOf(token), await statusOf(issuer.token('alice'))]).toEqual([401, 200]);
  });

  it('revokes a token, or a person', async () => {
    const issuer = await start();
    server.revoke({ tokenId: 'one' });
    const oneToken = [
      await statusOf(issuer.token('alice', { jti: 'one' })),
      await statusOf(issuer.token('alice')),
    ];
    server.revoke({ subject: 'alice' });
    const onePerson = [await statusOf(issuer.token('alice')), await statusOf(issuer.token('bob'))];
    server.readmit();

    expect({ oneToken, onePerson }).toEqual({ oneToken: [401, 200], onePerson: [401, 200] });
    expect(await statusOf(issuer.token('alice'))).toBe(200);
    expect(server.refused.map(({ reason }) => reason)).toEqual(['revoked', 'revoked']);
  });

  it('lets the tokens of one person expire that were used', async () => {
    const issuer = await start();
    const [hers, his] = [issuer.token('alice'), issuer.token('bob')];
    await Promise.all([statusOf(hers), statusOf(his)]);
    server.expire('alice');

    expect(await Promise.all([hers, his, issuer.token('alice')].map(statusOf))).toEqual([401, 200, 200]);
    expect(server.refused).toMatchObject([{ subject: 'alice', reason: 'expired' }]);
  });

  it('rotates: tokens that were used or issued before are refused, and new ones pass', async () => {
    const issuer = await start();
    const [used, older] = [issuer.token('alice'), issuer.token('bob')];
    await statusOf(used);
    clock.advance(1_000);
    server.rotate();

    expect(await Promise.all([used, older, issuer.token('alice')].map(statusOf))).toEqual([401, 401, 200]);
  });

  it('refuses every forged token that can stand in a header', async () => {
    const issuer = await start();
    const attacks = issuer.attacks('alice').filter(({ inHeader }) => inHeader);
    const admitted: string[] = [];
    for (const { name, token } of attacks) if ((await statusOf(token)) < 400) admitted.push(name);

    expect(admitted).toEqual([]);
    expect(server.refused.length).toBeGreaterThan(50);
  });

  it('answers 401 with a challenge', async () => {
    const issuer = await start();
    const response = await fetch(server.url, {
      headers: { authorization: `Bearer ${issuer.token('a', { aud: 'x' })}` },
    });

    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(server.requests).toEqual([]);
  });

  it('echoes the Authorization header where it is told', async () => {
    const issuer = await start();
    const token = issuer.token('alice');
    const client = await connect(() => token);
    const said: string[] = [];
    const callTool = async () => {
      const onprogress = ({ message }: { message?: string }) => void said.push(message ?? '');
      return JSON.stringify(await client.callTool({ name: 'who_am_i' }, { onprogress }));
    };

    expect(await callTool()).not.toContain(token);
    server.echo = ['result', 'progress'];
    expect(await callTool()).toContain(token);
    expect(said.join()).toContain(token);
    server.echo = ['error'];
    expect(await callTool()).toMatch(/isError.*|.*ECHO/);
    server.echo = ['http-error'];
    server.failWith = 500;
    await expect(callTool()).rejects.toThrow(token);
  });

  it('holds the next call until it is let go', async () => {
    const issuer = await start();
    const client = await connect(() => issuer.token('alice'));
    const held = server.hold('who_am_i');
    let answered = false;
    const calling = client.callTool({ name: 'who_am_i' }).then(() => (answered = true));
    await held.reached;
    const other = await client.callTool({ name: 'who_am_i' });

    expect({ answered, other: other.isError ?? false }).toEqual({ answered: false, other: false });
    held.release();
    expect(await calling).toBe(true);
  });

  it('is gone while it is stopped, and back on the same port', async () => {
    const issuer = await start();
    await server.stop();
    await expect(statusOf(issuer.token('alice'))).rejects.toThrow('fetch failed');
    await server.restart();

    expect(await statusOf(issuer.token('alice'))).toBe(200);
  });

  it('lets a test answer in its place', async () => {
    const issuer = await start();
    server.intercept = (method) =>
      method === 'tools/list' ? new Response(null, { status: 418 }) : undefined;

    expect(await statusOf(issuer.token('alice'))).toBe(418);
    server.intercept = undefined;
    expect(await statusOf(issuer.token('alice'))).toBe(200);
  });
});
