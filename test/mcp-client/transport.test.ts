import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { parseMcpServers } from '../../src/config/mcp-servers.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import { createTransport, requireSpoken } from '../../src/mcp-client/transport.js';
import { callerFor } from '../support/test-platform.js';

const credential = createCredential(toBearerToken('abc'), callerFor('alice').principal);

function serverOf(entry: Readonly<Record<string, unknown>>) {
  const [server] = parseMcpServers(JSON.stringify({ mcpServers: { x: entry } }), { file: 'f', env: {} });
  return server!;
}

describe('createTransport', () => {
  it('speaks Streamable HTTP', () => {
    const server = serverOf({ type: 'http', url: 'http://127.0.0.1:1/mcp' });

    expect(createTransport(server, { credential })).toBeInstanceOf(StreamableHTTPClientTransport);
  });

  it.each([
    ['sse', { type: 'sse', url: 'http://127.0.0.1:1/sse' }],
    ['stdio', { type: 'stdio', command: 'node' }],
  ])('says that %s is not spoken yet, by its place in the file', (type, entry) => {
    expect(() => createTransport(serverOf(entry), { credential })).toThrow(
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
    const servers = [serverOf(http)];

    expect(requireSpoken(servers)).toBe(servers);
  });

  it.each([
    ['type', { type: 'stdio', command: 'node' }],
    [
      'auth.mode',
      {
        ...http,
        auth: { mode: 'exchange', tokenUrl: 'https://id.example.com/t', audience: 'x', clientId: 'c' },
      },
    ],
  ])('names the %s that is not', (member, entry) => {
    expect(() => requireSpoken([serverOf(entry)])).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', path: `mcpServers.x.${member}` }),
    );
  });
});
