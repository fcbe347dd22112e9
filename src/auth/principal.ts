/** Who is calling, as verified claims say. */

/** A person or service that a token was verified for. */
export interface Principal {
  /** Claim `iss`. */
  readonly issuer: string;
  /** Claim `sub`; never empty. */
  readonly subject: string;
  /** Claim `org`: the organization the principal acts for; undefined when the token names none. */
  readonly organization: string | undefined;
  /** Claim `scope`, split at spaces. */
  readonly scopes: readonly string[];
  /** Claim `aud`, as a list. */
  readonly audiences: readonly string[];
  /** Claim `exp`, in seconds since the epoch. */
  readonly expiresAt: number;
  /** Claim `jti`: the token's identifier, for audit records; undefined when the token has none. */
  readonly tokenId: string | undefined;
  /** Claim `client_id`: the program that the token was issued to, for audit records; undefined when it names none. */
  readonly clientId?: string | undefined;
}

/** Tells the same principal again: verified issuer and subject, never token text. */
export function principalKey(principal: Pick<Principal, 'issuer' | 'subject'>): string {
  return JSON.stringify([principal.issuer, principal.subject]);
}

/**
 * Tells whether two tokens carry the same authority, so that one may stand in for the other on a live connection:
 * the same person, for the same organization, scopes and audiences.
 */
export function authorityKey(principal: Principal): string {
  const { issuer, subject, organization, scopes, audiences } = principal;
  return JSON.stringify([issuer, subject, organization ?? null, [...scopes].sort(), [...audiences].sort()]);
}

/** Creates an {@link authorityKey} that remembers the key of each principal object, for what is asked often in a turn. */
export function createAuthorityKeys(): typeof authorityKey {
  const known = new WeakMap<Principal, string>();
  return (principal) => {
    const key = known.get(principal) ?? authorityKey(principal);
    known.set(principal, key);
    return key;
  };
}
