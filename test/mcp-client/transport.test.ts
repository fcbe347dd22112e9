import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { createExchangedTokens } from '../../src/auth/exchanged-tokens.js';
import { parseMcpServers } from '../../src/config/mcp-servers.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import { createTransport } from '../../src/mcp-client/transport.js';
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

  it('opens nothing before it is started', () => {
    const servers = [
      { type: 'http', url: 'http://127.0.0.1:1/mcp' },
      { type: 'sse', url: 'http://127.0.0.1:1/sse' },
      { type: 'stdio', command: '/nowhere/at-all' },
    ];

    expect(() => servers.map((entry) => createTransport(serverOf(entry), options))).not.toThrow();
  });

  it('is known for stdio by the SDK, where silence is no outage', () => {
    const transport = createTransport(serverOf({ type: 'stdio', command: 'node' }), options);

    expect('pid' in transport && 'stderr' in transport).toBe(true);
    expect('pid' in createTransport(serverOf({ type: 'http', url: 'http://127.0.0.1:1/' }), options)).toBe(
      false,
    );
  });
});
