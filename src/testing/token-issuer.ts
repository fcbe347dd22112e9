/** A token issuer for tests: its own keys, which it rotates and withdraws, its own issuer, any claims, and forgeries. */
import type { VerificationKeys } from '../auth/verification-keys.js';
import { jwksKeys } from '../auth/verification-keys.js';
import type { ForgingKey } from './forge-token.js';
import { createForgingKey, forgeToken } from './forge-token.js';
import type { ForgedToken } from './forged-tokens.js';
import { listForgedTokens } from './forged-tokens.js';

/** Issues tokens that a verifier of its keys accepts. */
export interface TokenIssuer {
  /** Claim `iss`. */
  readonly issuer: string;
  /** The published keys as they are at each verification; for a verifier in this process. */
  readonly keys: VerificationKeys;
  /** The published keys as they are now. */
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  /** Signs a token for `sub`; claims given here replace the usual ones, undefined leaves one out. */
  token(sub: string, claims?: Readonly<Record<string, unknown>>): string;
  /** Signs with a new key from now on; the earlier ones stay published. @returns its `kid`. */
  rotate(): string;
  /** Publishes a key no more. A key that signs is followed by a new one. */
  withdraw(kid: string): void;
  /** Tokens in the name of `sub`, each of which a door must refuse, and one sentence to tell each by. */
  attacks(sub: string): readonly ForgedToken[];
}

/**
 * Creates an issuer.
 *
 * @param audiences claim `aud` of its tokens.
 * @param clock the time in milliseconds since the epoch; default `Date.now`.
 */
export function createTokenIssuer(audiences: readonly string[], clock: () => number = Date.now): TokenIssuer {
  const issuer = 'http://localhost/test-issuer';
  let signer = createForgingKey('ES256', 'test-key');
  let published: readonly ForgingKey[] = [signer];
  let made = 1;
  let serial = 0;

  const jwks = (): TokenIssuer['jwks'] => ({ keys: published.map(({ jwk }) => jwk) });
  const rotate = (): string => {
    made += 1;
    signer = createForgingKey('ES256', `test-key-${String(made)}`);
    published = [...published, signer];
    return signer.kid;
  };
  const usualClaims = (sub: string): Record<string, unknown> => {
    const now = Math.floor(clock() / 1_000);
    serial += 1;
    const times = { iat: now, exp: now + 600, jti: `t${String(serial)}` };
    return { iss: issuer, sub, org: 'acme', scope: 'platform', aud: audiences, ...times };
  };
  return {
    issuer,
    rotate,
    get jwks() {
      return jwks();
    },
    keys: (header, token) => jwksKeys(jwks())(header, token),
    token: (sub, claims = {}) =>
      forgeToken(
        signer,
        { alg: 'ES256', kid: signer.kid, typ: 'at+jwt' },
        { ...usualClaims(sub), ...claims },
      ),
    withdraw: (kid) => {
      published = published.filter((key) => key.kid !== kid);
      if (signer.kid === kid) rotate();
    },
    attacks: (sub) => listForgedTokens(signer, usualClaims(sub)),
  };
}
