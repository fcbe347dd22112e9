import { describe, expect, it } from 'vitest';
import { missingScopeMessage } from '../../src/mcp-client/missing-scope.js';

describe('missingScopeMessage', () => {
  it('names the server and the scopes', () => {
    expect(missingScopeMessage('orders', 'orders:read https://example.com/scope')).toBe(
      'The server "orders" asks for the permission "orders:read https://example.com/scope", which your sign-in does not carry; an administrator can grant it.',
    );
  });

  it.each([undefined, '', ' ', '"', 'x'.repeat(101), 'read <b>', 'read \u001b[2J', 'read ünï'])(
    'has nothing to say of %j',
    (scope) => {
      expect(missingScopeMessage('orders', scope)).toBeUndefined();
    },
  );

  it('names at most eight', () => {
    expect(missingScopeMessage('orders', 'a b c d e f g h i j')).toContain('"a b c d e f g h"');
  });
});
