import { describe, expect, it } from 'vitest';
import type { ExchangeFault } from '../../src/auth/token-exchange.js';
import { toExchangeFailure } from '../../src/mcp-client/exchange-failure.js';

describe('toExchangeFailure', () => {
  it('asks the person to sign in again when their token was refused', () => {
    expect(toExchangeFailure({ kind: 'refused' }, 'orders').failure).toEqual({
      outcome: 'unauthenticated',
      signIn: 'refused',
      message: 'Your sign-in is not accepted for the server "orders"; sign in again.',
    });
  });

  it('says of a service without an answer that nothing was changed', () => {
    expect(toExchangeFailure({ kind: 'unavailable', mayRetry: true }, 'orders').failure).toMatchObject({
      outcome: 'unavailable',
      message: expect.stringContaining('The token service of the server "orders"') as unknown,
    });
  });

  it.each<[ExchangeFault, string]>([
    ['invalid_target', 'mcpServers.orders.auth.audience'],
    ['invalid_client', 'mcpServers.orders.auth.clientSecret'],
    ['unauthorized_client', 'mcpServers.orders.auth.clientId'],
    ['unsupported_grant_type', 'mcpServers.orders.auth.tokenUrl'],
    ['invalid_scope', 'mcpServers.orders.auth.scope'],
    ['unreadable_answer', 'mcpServers.orders.auth.tokenUrl'],
  ])('names for %s the setting %s', (fault, setting) => {
    const { failure } = toExchangeFailure({ kind: 'misconfigured', fault }, 'orders');

    expect(failure.outcome).toBe('contract');
    expect(failure.message).toContain(`(${fault}); an administrator must look at ${setting}.`);
  });

  it('says of invalid_request that it may be the sign-in, too', () => {
    const { failure } = toExchangeFailure({ kind: 'misconfigured', fault: 'invalid_request' }, 'orders');

    expect(failure).toMatchObject({
      outcome: 'contract',
      message: expect.stringMatching(/sign in again.*mcpServers\.orders\.auth\.$/) as unknown,
    });
  });
});
