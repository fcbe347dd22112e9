import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../src/config/env.js';
import { loadMcpServers, parseMcpServers } from '../../src/config/mcp-servers.js';

const parse = (mcpServers: unknown, env = {}) =>
  parseMcpServers(JSON.stringify({ mcpServers }), { file: 'servers.json', env });
const http = { type: 'http', url: 'https://host/mcp' };
const stdio = { type: 'stdio', command: 'node' };
const exchange = { mode: 'exchange', tokenUrl: 'https://sts/token', clientId: 'agents' };

describe('parseMcpServers', () => {
  it('fills in every default', () => {
    expect(parse({ one: http, two: { ...http, type: 'sse' }, three: stdio })).toEqual([
      {
        name: 'one',
        ...http,
        required: true,
        auth: { mode: 'none' },
        connectTimeoutMs: 5_000,
        callTimeoutMs: 30_000,
      },
      {
        ...http,
        name: 'two',
        type: 'sse',
        required: true,
        auth: { mode: 'none' },
        connectTimeoutMs: 5_000,
        callTimeoutMs: 30_000,
      },
      {
        ...stdio,
        name: 'three',
        args: [],
        env: {},
        shared: false,
        required: true,
        auth: { mode: 'none' },
        connectTimeoutMs: 5_000,
        callTimeoutMs: 30_000,
      },
    ]);
  });

  it('keeps what is written', () => {
    const auth = { ...exchange, audience: 'a', scope: 's', clientSecret: 'c' };
    const written = { ...http, required: false, auth, connectTimeoutMs: 100, callTimeoutMs: 600_000 };

    expect(parse({ one: written })).toEqual([{ name: 'one', ...written }]);
  });

  it.each([
    ['forward', { mode: 'forward' }],
    ['exchange', exchange],
  ])('takes the server’s URL for the audience of %s', (_mode, auth) => {
    expect(parse({ one: { ...http, auth } })[0]?.auth).toEqual({ ...auth, audience: http.url });
    expect(parse({ one: { ...http, auth: { ...auth, audience: 'a' } } })[0]?.auth).toEqual({
      ...auth,
      audience: 'a',
    });
  });

  it('fills in variables before it checks', () => {
    const servers = parse(
      { one: { ...http, url: '${URL:-https://default/mcp}' }, two: { ...http, url: '${URL2}' } },
      {
        URL2: 'http://127.0.0.1:1/mcp',
      },
    );

    expect(servers).toMatchObject([{ url: 'https://default/mcp' }, { url: 'http://127.0.0.1:1/mcp' }]);
  });

  it('keeps what is written for one transport alone', () => {
    expect(parse({ one: { ...http, fallback: 'sse' } })[0]).toMatchObject({ fallback: 'sse' });
    expect(parse({ one: { ...stdio, shared: true } })[0]).toMatchObject({ shared: true });
  });

  it('lets stdio servers have fixed variables', () => {
    const auth = { mode: 'headers', headers: { API_TOKEN: '${SECRET}' } };

    expect(parse({ one: { ...stdio, auth } }, { SECRET: 'line\nline' })[0]?.auth).toEqual({
      mode: 'headers',
      headers: { API_TOKEN: 'line\nline' },
    });
  });

  it.each([
    ['mcpServers.one.url', 'a URL that is not set', { ...http, url: '${NONE}' }],
    ['mcpServers.one.url', 'http on another host', { ...http, url: 'http://host/mcp' }],
    ['mcpServers.one.url', 'no absolute URL', { ...http, url: '/mcp' }],
    ['mcpServers.one.url', 'a password in the URL', { ...http, url: 'https://u:canary@host' }],
    ['mcpServers.one.url', 'no URL', { type: 'http' }],
    ['mcpServers.one.type', 'no type', { url: 'https://host' }],
    ['mcpServers.one.type', 'an unknown type', { ...http, type: 'ftp' }],
    ['mcpServers.one', 'an unknown field', { ...http, headers: { authorization: 'canary' } }],
    ['mcpServers.one', 'a URL for stdio', { ...stdio, url: 'https://host' }],
    ['mcpServers.one', 'something that is no object', 'https://host'],
    ['mcpServers.one.command', 'an empty command', { ...stdio, command: '' }],
    ['mcpServers.one.args.1', 'an argument that is no text', { ...stdio, args: ['a', 1] }],
    ['mcpServers.one.args.0', 'an argument with a NUL', { ...stdio, args: ['\0'] }],
    ['mcpServers.one.shared', 'shared as a text', { ...stdio, shared: 'yes' }],
    ['mcpServers.one', 'shared for http', { ...http, shared: true }],
    ['mcpServers.one.fallback', 'a fallback to another transport', { ...http, fallback: 'stdio' }],
    ['mcpServers.one', 'a fallback of sse', { ...http, type: 'sse', fallback: 'sse' }],
    [
      'mcpServers.one.args.1',
      'a secret among the arguments',
      {
        ...stdio,
        args: ['--key', '--key=secret-key'],
        auth: { mode: 'headers', headers: { K: 'secret-key' } },
      },
    ],
    [
      'mcpServers.one.args.0',
      'a token among the arguments',
      { ...stdio, args: ['eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl'] },
    ],
    ['mcpServers.one.env.A B', 'a variable that cannot be named so', { ...stdio, env: { 'A B': 'x' } }],
    ['mcpServers.one.required', 'required as a text', { ...http, required: 'yes' }],
    ['mcpServers.one.connectTimeoutMs', 'a short time', { ...http, connectTimeoutMs: 99 }],
    ['mcpServers.one.callTimeoutMs', 'a long time', { ...http, callTimeoutMs: 600_001 }],
    ['mcpServers.one.callTimeoutMs', 'a time with a fraction', { ...http, callTimeoutMs: 100.5 }],
    ['mcpServers.one.callTimeoutMs', 'a time as a text', { ...http, callTimeoutMs: '30000' }],
    ['mcpServers.one.headerTimeoutMs', 'a short wait for a head', { ...http, headerTimeoutMs: 99 }],
    ['mcpServers.one.idleTimeoutMs', 'a long silence', { ...http, idleTimeoutMs: 600_001 }],
    ['mcpServers.one.maxAnswerBytes', 'a small answer', { ...http, maxAnswerBytes: 1023 }],
    ['mcpServers.one', 'a bound of an answer for sse', { ...http, type: 'sse', maxAnswerBytes: 4096 }],
    ['mcpServers.one.auth.headers', 'headers that are none', { ...http, auth: { mode: 'headers' } }],
    ['mcpServers.one.auth.mode', 'an unknown mode', { ...http, auth: { mode: 'oauth' } }],
    ['mcpServers.one.auth', 'a mode that stands alone', { ...http, auth: 'none' }],
    [
      'mcpServers.one.auth',
      'an unknown field of a mode',
      { ...http, auth: { mode: 'none', token: 'canary' } },
    ],
    [
      'mcpServers.one.auth.clientId',
      'an exchange without a client',
      { ...http, auth: { ...exchange, clientId: undefined } },
    ],
    [
      'mcpServers.one.auth.tokenUrl',
      'an exchange in the clear',
      { ...http, auth: { ...exchange, tokenUrl: 'http://sts' } },
    ],
    [
      'mcpServers.one.auth.tokenUrl',
      'an exchange at no URL',
      { ...http, auth: { ...exchange, tokenUrl: 'sts' } },
    ],
    [
      'mcpServers.one.auth.tokenUrl',
      'an exchange at the server itself',
      { ...http, url: 'https://HOST/mcp', auth: { ...exchange, tokenUrl: 'https://host:443/mcp' } },
    ],
    [
      'mcpServers.one.auth.headers.a b',
      'a header that cannot be named so',
      { ...http, auth: { mode: 'headers', headers: { 'a b': 'x' } } },
    ],
    [
      'mcpServers.one.auth.headers.a',
      'a header of two lines',
      { ...http, auth: { mode: 'headers', headers: { a: 'canary\r\nb: c' } } },
    ],
    [
      'mcpServers.one.auth.mode',
      'a user’s token for a child process',
      { ...stdio, auth: { mode: 'forward' } },
    ],
    ['mcpServers.one.auth.mode', 'an exchanged token for a child process', { ...stdio, auth: exchange }],
  ])('stops at %s: %s', (path, _title, server) => {
    expect(() => parse({ one: server })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', path, message: expect.stringContaining('servers.json') }),
    );
    expect(() => parse({ one: server })).not.toThrow('canary');
  });

  it.each([
    ['mcpServers.a b', '{"mcpServers":{"a b":{"type":"http","url":"https://host"}}}'],
    ['mcpServers', '{"mcpServers":{"__proto__":{}}}'],
    ['mcpServers', '{"mcpServers":[]}'],
    ['mcpServers', '{}'],
    ['servers.json', '[]'],
    ['servers.json', '{"mcpServers":{},"servers":{}}'],
    ['servers.json', '{"mcpServers":{"canary":'],
  ])('stops at %s of %s', (path, text) => {
    expect(() => parseMcpServers(text, { file: 'servers.json', env: {} })).toThrow(
      expect.objectContaining({ path }),
    );
  });

  it('says what a server may be called', () => {
    expect(() => parse({ 'a b': http })).toThrow('mcpServers.a b: a server’s name has 1 to 64 letters');
  });

  it('quotes nothing of a file that is no JSON', () => {
    const parseBroken = () => parseMcpServers('{"x":"canary"', { file: 'servers.json', env: {} });

    expect(parseBroken).toThrow(/^servers\.json: is not JSON; check commas and quotes\.$/);
    expect(parseBroken).not.toThrow(expect.objectContaining({ cause: expect.anything() }));
  });
});

describe('loadMcpServers', () => {
  it('reads the shipped file with nothing set', () => {
    expect(loadMcpServers('mcp-servers.json', readSettings({}).expansion)).toEqual([
      {
        name: 'cloud-platform',
        type: 'http',
        url: 'http://127.0.0.1:8090/mcp',
        required: true,
        auth: { mode: 'forward', audience: 'http://127.0.0.1:8090/mcp' },
        connectTimeoutMs: 5_000,
        callTimeoutMs: 30_000,
      },
    ]);
  });

  it('reads any other file, and names the setting when there is none', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mcp-servers-'));
    const file = join(folder, 'servers.json');
    writeFileSync(file, JSON.stringify({ mcpServers: { one: http } }));

    expect(loadMcpServers(file, {})).toMatchObject([{ name: 'one' }]);
    rmSync(folder, { recursive: true });
    expect(() => loadMcpServers(file, {})).toThrow(expect.objectContaining({ path: 'MCP_SERVERS_FILE' }));
  });
});
