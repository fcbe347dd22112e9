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
});
