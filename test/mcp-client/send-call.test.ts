import type { Client } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { HttpMcpServerConfig } from '../../src/config/mcp-servers.js';
import type { ClientPool, Loan } from '../../src/mcp-client/client-pool.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import { createSchemaValidators } from '../../src/mcp-client/schema-validators.js';
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
const broken = () => Promise.reject(new Error('the connection broke'));

function outcomeWith(lend: ClientPool['lend'], isWrite: boolean) {
  // Of a pool a call uses these two.
  const pool = { lend, validators: createSchemaValidators() } as Partial<ClientPool> as ClientPool;
  const credential = createCredential(toBearerToken('abc'), callerFor('alice').principal);
  const definition = { name: 'work', inputSchema: { type: 'object' as const } };
  return outcomeOf(
    sendCall({ server, credential, pool }, { name: 'work', arguments: {}, definition, call: { isWrite } }),
  );
}

describe('sendCall', () => {
  const neverConnected: ClientPool['lend'] = () => broken();
  const brokenInUse: ClientPool['lend'] = <Result>({ use }: Loan<Result>) =>
    // Of a client a call uses this one function.
    use({ callTool: broken } as Partial<Client> as Client, 1000);

  it('says of a write that never left that nothing was changed', async () => {
    expect(await outcomeWith(neverConnected, true)).toBe('unavailable');
  });

  it('says of a write whose answer was lost that nobody knows', async () => {
    expect(await outcomeWith(brokenInUse, true)).toBe('unknown-result');
  });

  it.each([neverConnected, brokenInUse])('says of a read that it can be made again', async (lend) => {
    expect(await outcomeWith(lend, false)).toBe('unavailable');
  });
});
