/** Tokens whose signature was checked, so that the later steps of a run need not check it again. */
import type { CryptoKey, JWTHeaderParameters, JWTPayload } from 'jose';
import type { BearerToken } from './bearer-token.js';
import type { VerificationKeys } from './verification-keys.js';

/** What a check of a signature has shown. */
export interface Proof {
  readonly payload: JWTPayload;
  readonly header: JWTHeaderParameters;
  /** The key that it was checked with. */
  readonly key: CryptoKey | Uint8Array;
}

/** Proofs by token object: whoever has the same text in another object has it checked. */
export interface ProvenTokens {
  add(token: BearerToken, proof: Proof): void;
  /**
   * Gives the claims of a token that was proven with the key that its header still names. Its times are not looked at.
   *
   * @returns undefined for a token to be checked: a new one, or one whose key was replaced, withdrawn or not found.
   */
  claimsOf(token: BearerToken): Promise<JWTPayload | undefined>;
}

/** Nothing of a token but its header is looked at to find its key. */
const unread = { payload: '', signature: '' };

/** Creates an empty set, which keeps no token alive. */
export function createProvenTokens(keys: VerificationKeys): ProvenTokens {
  const proofs = new WeakMap<BearerToken, Proof>();
  return {
    add: (token, proof) => void proofs.set(token, proof),
    async claimsOf(token) {
      const proof = proofs.get(token);
      if (proof === undefined) return undefined;
      // Why there is no key is told by the check.
      const key = await Promise.resolve(keys(proof.header, unread)).catch(() => undefined);
      return key === proof.key ? proof.payload : undefined;
    },
  };
}
