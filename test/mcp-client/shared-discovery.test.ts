import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { parseMcpServers } from '../../src/config/mcp-servers.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import { createMcpConnections } from '../../src/mcp-client/mcp-connections.js';
import { sendJson, startRawMcpServer, toResult } from '../support/raw-mcp-server.js';
import type { Person } from '../support/test-platform.js';
import { callerFor } from '../support/test-platform.js';

describe('what one person found out about a server', () => {
  it.each<[Person, Person]>([
    ['dave', 'alice'],
    ['alice', 'dave'],
  ])('decides nobody else’s tools: %s, then %s', async (...order) => {
    const raw = await startRawMcpServer('2026');
    const isDaves = (header: string | undefined) => header === 'Bearer token-of-dave';
    raw.answers.set('server/discover', (request) => {
      const capabilities = isDaves(request.request.headers.authorization) ? {} : { tools: {} };
      sendJson(request.response, toResult(request, { capabilities }));
    });
    raw.answers.set('tools/list', (request) => {
      const error = { code: -32_601, message: 'Method not found' };
      const refusal = { jsonrpc: '2.0', id: request.id, error };
      const isRefused = isDaves(request.request.headers.authorization);
      sendJson(request.response, isRefused ? refusal : toResult(request));
    });
    const mcpServers = {
      raw: { type: 'http', url: raw.url, auth: { mode: 'forward', audience: 'platform' } },
    };
    const connections = createMcpConnections({
      servers: parseMcpServers(JSON.stringify({ mcpServers }), { file: 'a test', env: {} }),
    });
    const [server] = connections.servers;
    const tools = new Map<Person, string[]>();

    for (const person of order) {
      const credential = createCredential(toBearerToken(`token-of-${person}`), callerFor(person).principal);
      const catalog = await connections.lists.read({ server: server!, credential });
      tools.set(person, [...catalog.tools.keys()]);
    }

    expect(Object.fromEntries(tools)).toEqual({ alice: ['work'], dave: [] });
    expect(raw.count('server/discover')).toBe(1);
    await connections.close();
    await raw.close();
  });
});
