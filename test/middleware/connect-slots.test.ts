import { describe, expect, it } from 'vitest';
import { createTokenVerifier } from '../../src/auth/token-verifier.js';
import { silentLogger } from '../../src/logger.js';
import { createMcpConnections } from '../../src/mcp-client/mcp-connections.js';
import { connectSlots } from '../../src/middleware/connect-slots.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

const { issuer, keys, jwks } = createTokenIssuer(['agent']);
const tokens = { issuer, audience: 'agent', jwks };

describe('connectSlots', () => {
  it('touches nothing before the first run, and its sources once', async () => {
    const asked: string[] = [];
    const slots = connectSlots(
      {
        mcpServers: () => (asked.push('servers'), createMcpConnections({ servers: [] })),
        tokens: async () => (asked.push('tokens'), createTokenVerifier({ issuer, audience: 'agent', keys })),
      },
      silentLogger,
    );
    expect(asked).toEqual([]);

    const [one, two] = await Promise.all([slots(), slots()]);

    expect(one).toBe(two);
    expect(asked).toEqual(['servers', 'tokens']);
  });

  it('does not keep a failure', async () => {
    let good = false;
    const mcpServers = () => {
      if (!good) throw new Error('not there yet');
      return createMcpConnections({ servers: [] });
    };
    const slots = connectSlots({ mcpServers, tokens }, silentLogger);
    await expect(slots()).rejects.toThrow('not there yet');

    good = true;

    expect((await slots()).size()).toBe(0);
  });

  it('says by path what is wrong in a server map', async () => {
    const slots = connectSlots(
      { mcpServers: { platform: { type: 'http', url: 'no url' } }, tokens },
      silentLogger,
    );

    await expect(slots()).rejects.toMatchObject({ code: 'ERR_CONFIG', path: 'mcpServers.platform.url' });
  });
});
