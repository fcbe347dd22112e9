import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeysUnavailableError } from '../../src/errors.js';
import { createLogger } from '../../src/logger.js';
import { audience, runPlatform, toolCall, type RunningPlatform } from '../support/platform-server.js';

const lines: string[] = [];
let running: RunningPlatform;

beforeAll(async () => {
  running = await runPlatform({
    platform: { logger: createLogger({ format: 'json', level: 'debug', write: (line) => lines.push(line) }) },
  });
});
afterAll(() => running.close());

const list = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
const metadata = 'http://127.0.0.1:8090/.well-known/oauth-protected-resource/mcp';

/** Sends headers as they are written here, also twice the same. */
function raw(
  path: string,
  options: { method?: string; headers?: Record<string, string | string[]>; body?: string } = {},
): Promise<{ status: number | undefined; headers: IncomingMessage['headers']; text: string }> {
  const { method = 'GET', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${running.origin}${path}`, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

const bearer = (person = 'alice', claims = {}): Record<string, string> => ({
  authorization: `Bearer ${running.token(person, claims)}`,
});
const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

describe('open paths', () => {
  it('answer liveness without credentials, whatever the host name', async () => {
    for (const headers of [{} as Record<string, string>, { host: 'pod-7.internal' }]) {
      expect(await raw('/healthz', { headers })).toMatchObject({ status: 200, text: '{"status":"ok"}' });
    }
    expect(await raw('/healthz', { method: 'POST' })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    });
  });

  it.each(['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp'])(
    'give the resource metadata at %s',
    async (path) => {
      const { status, text } = await raw(path);
      expect(status).toBe(200);
      expect(JSON.parse(text)).toMatchObject({
        resource: audience,
        authorization_servers: [running.tokens.issuer],
        scopes_supported: ['platform'],
        bearer_methods_supported: ['header'],
      });
    },
  );

  it.each(['/', '/sse', '/mcp/', '/resources', '//', '/resources/..%2f/credentials'])(
    'hold nothing at %s',
    async (path) => {
      expect((await raw(path)).status).toBe(404);
    },
  );
});

describe('the bearer gate', () => {
  it.each(['GET', 'POST', 'DELETE', 'PUT', 'OPTIONS'])(
    'stands before %s on every path that acts',
    async (method) => {
      for (const path of ['/mcp', '/mcp?access_token=x', '/resources/res_1/credentials']) {
        const { status, headers } = await raw(path, { method, headers: json });
        expect(status).toBe(401);
        expect(headers['www-authenticate']).toBe(
          `Bearer realm="graph-fleet", scope="platform", resource_metadata="${metadata}"`,
        );
      }
    },
  );

  it.each([
    ['another audience', () => bearer('alice', { aud: 'graph-fleet' })],
    ['no audience', () => bearer('alice', { aud: undefined })],
    ['another issuer', () => bearer('alice', { iss: 'http://elsewhere' })],
    ['an expired token', () => bearer('alice', { iat: 1, exp: 600 })],
    ['no subject', () => bearer('alice', { sub: undefined })],
    [
      'two tokens',
      () => ({ authorization: `${bearer()['authorization'] ?? ''}, ${bearer()['authorization'] ?? ''}` }),
    ],
    ['a word behind the token', () => ({ authorization: `${bearer()['authorization'] ?? ''} extra` })],
    ['rubbish', () => ({ authorization: 'Bearer rubbish' })],
  ])('answers 401 invalid_token to %s', async (_, makeHeaders) => {
    const { status, headers } = await raw('/mcp', {
      method: 'POST',
      headers: { ...json, ...makeHeaders() },
      body: JSON.stringify(list),
    });
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toMatch(/error="invalid_token"/);
    expect(headers['www-authenticate']).toContain(`resource_metadata="${metadata}"`);
  });

  it('answers 401 to two Authorization headers, also when both are good', async () => {
    const token = bearer()['authorization'] ?? '';
    const { status } = await raw('/mcp', {
      method: 'POST',
      headers: { ...json, authorization: [token, token] },
      body: '{}',
    });
    expect(status).toBe(401);
  });

  it('looks at no token in the URL or the body', async () => {
    const token = running.token('alice');
    const { status } = await raw(`/mcp?access_token=${token}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `access_token=${token}`,
    });
    expect(status).toBe(401);
  });

  it.each(['', 'platform:read', 'Platform', 'openid profile'])(
    'answers 403 insufficient_scope to the scope %j',
    async (scope) => {
      const { status, headers } = await raw('/mcp', {
        method: 'POST',
        headers: { ...json, ...bearer('alice', { scope }) },
        body: JSON.stringify(list),
      });
      expect(status).toBe(403);
      expect(headers['www-authenticate']).toMatch(/error="insufficient_scope".*scope="platform"/);
      expect(headers['www-authenticate']).toContain('resource_metadata=');
    },
  );

  it('answers 503 while the keys cannot be read', async () => {
    const verifier = { verify: () => Promise.reject(new KeysUnavailableError()) };
    const other = await runPlatform({
      server: { accessFor: () => ({ verifier, audience, issuer: 'http://issuer' }) },
    });
    const response = await other.post(list);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
    await other.close();
  });

  it('refuses before a body is sent', async () => {
    const socket = connect(Number(new URL(running.origin).port), '127.0.0.1');
    const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    socket.write(
      'POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 500000\r\n\r\n',
    );
    expect(await answer).toMatch(/^HTTP\/1\.1 401 /);
    socket.destroy();
  });

  it('goes no further after it refused', () => {
    expect(lines.some((line) => line.includes('platform.request.refused'))).toBe(true);
    expect(lines.some((line) => line.includes('platform.request.failed'))).toBe(false);
  });

  it('writes no token to the log', async () => {
    const token = running.token('alice', { aud: 'graph-fleet' });
    await raw('/mcp', { method: 'POST', headers: { ...json, authorization: `Bearer ${token}` }, body: '{}' });
    expect(lines.some((line) => line.includes('"reason":"audience"'))).toBe(true);
    for (const part of token.split('.')) expect(lines.join('\n')).not.toContain(part);
  });
});

describe('addresses', () => {
  it.each([
    [{ host: 'evil.example.com' }, 403],
    [{ origin: 'https://evil.example.com' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'http://127.0.0.1.evil.example.com' }, 403],
    [{ origin: 'https://app.example.com' }, 401],
    [{ origin: 'http://localhost:3000' }, 401],
    [{ host: 'localhost:9' }, 401],
  ])('%j are answered %i before anything else', async (headers, status) => {
    expect((await raw('/mcp', { method: 'POST', headers })).status).toBe(status);
  });
});

describe('malformed requests', () => {
  it.each([
    ['a body that is no JSON', '{"jsonrpc":', {}, 400],
    [
      'a body over one megabyte',
      JSON.stringify({ ...list, params: { x: 'y'.repeat(1024 * 1024) } }),
      {},
      413,
    ],
    ['another content type', JSON.stringify(list), { 'Content-Type': 'text/plain' }, 415],
    ['a protocol version nobody speaks', JSON.stringify(list), { 'MCP-Protocol-Version': '1999-01-01' }, 400],
    ['a header block over 16 KiB', JSON.stringify(list), { 'X-Long': 'x'.repeat(17_000) }, 431],
  ])('answers %s', async (_, body, headers, status) => {
    const response = await running.post(body, headers);
    expect(response.status).toBe(status);
    expect(await response.text()).not.toMatch(/<html|at .*\.m?[jt]s/);
  });

  it.each(['GET', 'DELETE'])(
    'answers %s on the endpoint 405, since nothing is kept between requests',
    async (method) => {
      expect((await raw('/mcp', { method, headers: { ...json, ...bearer() } })).status).toBe(405);
    },
  );

  it('survives nesting that would exhaust the stack', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const body = JSON.stringify(toolCall('create_cloud_resource', { spec: 'HERE' })).replace('"HERE"', deep);
    expect((await running.post(body)).status).toBeLessThan(500);
    expect((await running.post(list)).status).toBe(200);
  });

  it('needs no initialize and gives no session id', async () => {
    const response = await running.post(list);
    expect(response.status).toBe(200);
    expect(response.headers.get('mcp-session-id')).toBeNull();
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('the rate limit', () => {
  it('holds one person back and serves the others', async () => {
    const limited = await runPlatform({ server: { rateLimit: { perSecond: 0.1, burst: 3 } } });
    const statuses: number[] = [];
    for (let count = 0; count < 4; count += 1) statuses.push((await limited.post(list)).status);
    const refused = await limited.post(list);
    const other = await limited.post(list, { Authorization: `Bearer ${limited.token('bob')}` });

    expect(statuses).toEqual([200, 200, 200, 429]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(other.status).toBe(200);
    await limited.close();
  });
});
