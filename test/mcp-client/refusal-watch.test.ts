import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { parseMcpServers } from '../../src/config/mcp-servers.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import { createMcpConnections } from '../../src/mcp-client/mcp-connections.js';
import type { McpEvent } from '../../src/mcp-client/mcp-observer.js';
import { outcomeOf } from '../support/fault-client.js';
import { startRawMcpServer } from '../support/raw-mcp-server.js';
import { callerFor } from '../support/test-platform.js';

describe('watchRefusals', () => {
  it.each([
    ['tools/list', 401, 'unauthenticated'],
    ['tools/list', 403, 'permission-denied'],
    ['server/discover', 401, 'unauthenticated'],
  ])('tells of %s that is answered with HTTP %i', async (method, status, outcome) => {
    const raw = await startRawMcpServer('2026');
    raw.answers.set(method, ({ response }) => void response.writeHead(status).end());
    const mcpServers = {
      raw: { type: 'http', url: raw.url, auth: { mode: 'forward', audience: 'platform' } },
    };
    const events: McpEvent[] = [];
    const connections = createMcpConnections({
      servers: parseMcpServers(JSON.stringify({ mcpServers }), { file: 'a test', env: {} }),
      observer: (event) => events.push(event),
    });
    const [server] = connections.servers;
    const credential = createCredential(toBearerToken('abc'), callerFor('alice').principal);

    expect(await outcomeOf(connections.lists.read({ server: server!, credential }))).toBe(outcome);

    expect(events.filter(({ kind }) => kind === 'person-refused')).toEqual([
      { server: 'raw', kind: 'person-refused', outcome },
    ]);
    await connections.close();
    await raw.close();
  });
});
