/** A token issuer for tests: its own key, its own issuer, any claims. */
import type { VerificationKeys } from '../../src/auth/verification-keys.js';
import { jwksKeys } from '../../src/auth/verification-keys.js';
import { createForgingKey, forgeToken } from './forge-token.js';

export interface TokenIssuer {
  readonly issuer: string;
  readonly keys: VerificationKeys;
  readonly jwks: { readonly keys: readonly Record<string, unknown>[] };
  /** Signs a token for `sub`; claims given here replace the usual ones. */
  token(sub: string, claims?: Readonly<Record<string, unknown>>): string;
}

export function createTokenIssuer(audiences: readonly string[], clock: () => number = Date.now): TokenIssuer {
  const key = createForgingKey('ES256', 'test-key');
  const issuer = 'http://localhost/test-issuer';
  const jwks = { keys: [key.jwk] };
  let serial = 0;
  return {
    issuer,
    jwks,
    keys: jwksKeys(jwks),
    token(sub, claims = {}) {
      const now = Math.floor(clock() / 1000);
      serial += 1;
      const usual = {
        iss: issuer,
        sub,
        org: 'acme',
        scope: 'platform',
        aud: audiences,
        iat: now,
        exp: now + 600,
      };
      return forgeToken(
        key,
        { alg: 'ES256', kid: key.kid, typ: 'at+jwt' },
        { ...usual, jti: `t${String(serial)}`, ...claims },
      );
    },
  };
}
