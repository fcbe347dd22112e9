/** Tokens whose signature was checked, so that the later steps of a run, and the next runs, need not check it again. */
import { hash } from 'node:crypto';
import type { CryptoKey, JWTHeaderParameters } from 'jose';
import { createBoundedMap } from '../bounded-map.js';
import type { BearerToken } from './bearer-token.js';
import type { VerifiedClaims } from './verified-claims.js';
import type { VerificationKeys } from './verification-keys.js';

/** What a check of a signature has shown. */
export interface Proof {
  readonly claims: VerifiedClaims;
  readonly header: JWTHeaderParameters;
  /** The key that it was checked with. */
  readonly key: CryptoKey | Uint8Array;
}

/** Proofs by token object, and by the digest of the text for the runs that bring the same token again. */
export interface ProvenTokens {
  add(token: BearerToken, proof: Proof): void;
  /**
   * Gives the claims of a token that was proven with the key that its header still names. Its times are not looked at.
   *
   * @returns undefined for a token to be checked: a new one, or one whose key was replaced, withdrawn or not found.
   */
  claimsOf(token: BearerToken): Promise<VerifiedClaims | undefined>;
}

/** Nothing of a token but its header is looked at to find its key. */
const unread = { payload: '', signature: '' };

/** Digests kept, and for how long without a use, in milliseconds. */
const kept = { maxSize: 10_000, idleMs: 300_000 };

/** Creates an empty set, which keeps no text of a token. */
export function createProvenTokens(keys: VerificationKeys): ProvenTokens {
  const byObject = new WeakMap<BearerToken, Proof>();
  const byDigest = createBoundedMap<Proof>(kept);

  const add = (token: BearerToken, proof: Proof): void => {
    byObject.set(token, proof);
    byDigest.set(digestOf(token), proof);
  };

  const find = (token: BearerToken): Proof | undefined => {
    const known = byObject.get(token);
    if (known !== undefined) return known;
    const proof = byDigest.get(digestOf(token));
    if (proof !== undefined) byObject.set(token, proof);
    return proof;
  };

  return {
    add,
    async claimsOf(token) {
      const proof = find(token);
      if (proof === undefined) return undefined;
      try {
        return (await keys(proof.header, unread)) === proof.key ? proof.claims : undefined;
      } catch {
        // Why there is no key is told by the check.
        return undefined;
      }
    },
  };
}

function digestOf(token: BearerToken): string {
  return hash('sha256', token.reveal(), 'base64');
}
