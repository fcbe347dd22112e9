import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { createExchangedTokens } from '../../src/auth/exchanged-tokens.js';
import { parseMcpServers } from '../../src/config/mcp-servers.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import { createTransport, requireSpoken } from '../../src/mcp-client/transport.js';
import { callerFor } from '../support/test-platform.js';

const options = {
  credential: createCredential(toBearerToken('abc'), callerFor('alice').principal),
  exchanged: createExchangedTokens(),
};

function serverOf(entry: Readonly<Record<string, unknown>>) {
  const [server] = parseMcpServers(JSON.stringify({ mcpServers: { x: entry } }), { file: 'f', env: {} });
  return server!;
}

describe('createTransport', () => {
  it('speaks Streamable HTTP', () => {
    const server = serverOf({ type: 'http', url: 'http://127.0.0.1:1/mcp' });

    expect(createTransport(server, options).hasPerRequestStream).toBe(true);
  });

  it.each([
    ['sse', { type: 'sse', url: 'http://127.0.0.1:1/sse' }],
    ['stdio', { type: 'stdio', command: 'node' }],
  ])('says that %s is not spoken yet, by its place in the file', (type, entry) => {
    expect(() => createTransport(serverOf(entry), options)).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG',
        path: 'mcpServers.x.type',
        message: expect.stringContaining(type) as unknown,
      }),
    );
  });
});

describe('requireSpoken', () => {
  const http = { type: 'http', url: 'http://127.0.0.1:1/mcp' };

  it('passes servers on that are spoken', () => {
    const auth = { mode: 'exchange', tokenUrl: 'https://id.example.com/t', clientId: 'c' };
    const servers = [serverOf(http), serverOf({ ...http, auth })];

    expect(requireSpoken(servers)).toBe(servers);
  });

  it.each([
    ['sse', { type: 'sse', url: 'http://127.0.0.1:1/sse' }],
    ['stdio', { type: 'stdio', command: 'node' }],
  ])('names the type of a server of type %s', (_type, entry) => {
    expect(() => requireSpoken([serverOf(entry)])).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', path: 'mcpServers.x.type' }),
    );
  });
});
