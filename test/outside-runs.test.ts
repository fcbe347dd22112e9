import { AsyncLocalStorage } from 'node:async_hooks';
import type { Client } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { createBoundedMap } from '../src/bounded-map.js';
import { silentLogger } from '../src/logger.js';
import { createClientLeases } from '../src/mcp-client/client-leases.js';
import { createClientSessions } from '../src/mcp-client/client-sessions.js';
import { createMcpConnections } from '../src/mcp-client/mcp-connections.js';
import { connectSlots } from '../src/middleware/connect-slots.js';
import { runOutside } from '../src/outside-runs.js';
import { createTokenIssuer } from '../src/testing/token-issuer.js';
import { collectGarbage } from './support/garbage.js';

const { issuer, jwks } = createTokenIssuer(['agent']);
const minuteMs = 60_000;

function fillMap(): object {
  const map = createBoundedMap<number>({ maxSize: 9, idleMs: minuteMs });
  map.set('a', 1);
  return map;
}

function useClient(): object {
  const leases = createClientLeases({ maxClients: 9, idleMs: minuteMs });
  // Nothing here calls the client.
  const client = {} as unknown as Client;
  leases.take('a', () => ({ opening: Promise.resolve(client), useAs: () => undefined })).release();
  return leases;
}

function leaveSession(): object {
  const sessions = createClientSessions<string>({
    maxSessions: 9,
    idleMs: minuteMs,
    end: () => Promise.resolve(),
  });
  sessions.put('a', 'one');
  return sessions;
}

async function connectMiddleware(): Promise<object> {
  const slots = connectSlots(
    {
      mcpServers: () => createMcpConnections({ servers: [] }),
      tokens: { issuer, audience: 'agent', jwks },
    },
    silentLogger,
  );
  await slots();
  return slots;
}

describe('runOutside', () => {
  it('does work with nothing of the run, and gives its result', () => {
    const runs = new AsyncLocalStorage<string>();

    expect(runs.run('a run', () => runOutside(() => [runs.getStore()]))).toEqual([undefined]);
  });

  it.each([
    ['a bounded map that it fills', fillMap],
    ['a set of clients that it makes and uses', useClient],
    ['a set of sessions that it makes and leaves one in', leaveSession],
    ['a middleware that it connects first', connectMiddleware],
  ])('keeps a run from living as long as %s', async (_title, make: () => object | Promise<object>) => {
    const runs = new AsyncLocalStorage<object>();
    const { held, kept } = await (async () => {
      const run = { messages: ['what was said'] };
      return { kept: await runs.run(run, async () => ({ made: await make() })), held: new WeakRef(run) };
    })();

    await collectGarbage();

    expect(held.deref()).toBeUndefined();
    expect(kept.made).toBeDefined();
  });
});
