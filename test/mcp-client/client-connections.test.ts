import { Client } from '@modelcontextprotocol/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { parseMcpServers } from '../../src/config/mcp-servers.js';
import { createConnectionClients } from '../../src/mcp-client/client-connections.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import { callerFor } from '../support/test-platform.js';

const [server] = parseMcpServers(
  JSON.stringify({ mcpServers: { x: { type: 'http', url: 'http://127.0.0.1:1/' } } }),
  { file: 'f', env: {} },
);
const credential = createCredential(toBearerToken('abc'), callerFor('alice').principal);

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('createConnectionClients', () => {
  it.each([
    ['that is owed an answer at once', true, 0],
    ['of any other session a little later', false, 1],
  ])('closes the client %s', (_title, isOwed, left) => {
    const clients = createConnectionClients({
      opener: {
        open: () => ({
          opening: Promise.resolve(new Client({ name: 'x', version: '1' })),
          useAs: () => undefined,
          isReplaceable: () => true,
          isOwedAnswer: () => isOwed,
          leave: () => undefined,
        }),
        endSession: () => Promise.resolve(),
      },
      maxClients: 10,
      lingerMs: 2000,
      idleMs: 900_000,
    });
    if (server?.type !== 'http') throw new TypeError('Not the server of this test.');

    clients.take('alice', { server, credential }).release();
    vi.advanceTimersByTime(1);

    expect(clients.size()).toBe(left);
  });
});
