import type { Client } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { HttpMcpServerConfig } from '../../src/config/mcp-servers.js';
import type { ClientPool } from '../../src/mcp-client/client-pool.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import { createSchemaValidators } from '../../src/mcp-client/schema-validators.js';
import type { LiveToolCall } from '../../src/mcp-client/send-call.js';
import { sendCall } from '../../src/mcp-client/send-call.js';
import { outcomeOf } from '../support/fault-client.js';
import { callerFor } from '../support/test-platform.js';

const server: HttpMcpServerConfig = {
  name: 's',
  type: 'http',
  url: 'https://s.example/mcp',
  required: true,
  auth: { mode: 'none' },
  connectTimeoutMs: 1000,
  callTimeoutMs: 1000,
};
const definition = { name: 'work', inputSchema: { type: 'object' as const } };
const broken = () => Promise.reject(new Error('the connection broke'));

function outcomeWith(lend: ClientPool['lend'], isWrite: boolean) {
  // Of a pool a call uses these two.
  const pool = { lend, validators: createSchemaValidators() } as Partial<ClientPool> as ClientPool;
  const credential = createCredential(toBearerToken('abc'), callerFor('alice').principal);
  return outcomeOf(
    sendCall(
      { server, credential, pool },
      { name: 'work', arguments: {}, definition, mirrored: undefined, call: { isWrite } },
    ),
  );
}

/** What a call sends beside its options. */
async function paramsOf(call: LiveToolCall): Promise<unknown> {
  const sent: unknown[] = [];
  const client: Partial<Client> = {
    getProtocolEra: () => 'legacy',
    callTool: (params) => {
      sent.push(params);
      return Promise.resolve({ content: [] });
    },
  };
  // Of a client a call in the 2025 era uses these two, and of a pool these two.
  const lend: ClientPool['lend'] = ({ use }) => use(client as Client, 1000);
  const pool = { lend, validators: createSchemaValidators() } as Partial<ClientPool> as ClientPool;
  const credential = createCredential(toBearerToken('abc'), callerFor('alice').principal);
  await sendCall(
    { server, credential, pool },
    { name: 'work', arguments: {}, definition, mirrored: undefined, call },
  );
  return sent[0];
}

describe('sendCall', () => {
  it('sends an idempotency key in _meta, and no _meta without one', async () => {
    expect(await paramsOf({ isWrite: true, idempotencyKey: 'key-1' })).toEqual({
      name: 'work',
      arguments: {},
      _meta: { 'graph-fleet/idempotency-key': 'key-1' },
    });
    expect(await paramsOf({ isWrite: false })).toEqual({ name: 'work', arguments: {} });
  });

  const neverConnected: ClientPool['lend'] = () => broken();
  // Of a client a call uses these three.
  const breaking: Partial<Client> = { callTool: broken, request: broken };
  const brokenIn = (era: 'legacy' | 'modern'): ClientPool['lend'] => {
    const client = { ...breaking, getProtocolEra: () => era };
    return ({ use }) => use(client as Client, 1000);
  };
  const brokenInUse = [brokenIn('legacy'), brokenIn('modern')];

  it('says of a write that never left that nothing was changed', async () => {
    expect(await outcomeWith(neverConnected, true)).toBe('unavailable');
  });

  it.each(brokenInUse)('says of a write whose answer was lost that nobody knows', async (lend) => {
    expect(await outcomeWith(lend, true)).toBe('unknown-result');
  });

  it.each([neverConnected, ...brokenInUse])('says of a read that it can be made again', async (lend) => {
    expect(await outcomeWith(lend, false)).toBe('unavailable');
  });
});
