/** One credential for each authority: a token presented in one thread is used on the live connections of all. */
import type { BearerToken } from '../auth/bearer-token.js';
import type { Principal } from '../auth/principal.js';
import type { Credential } from '../mcp-client/credential.js';
import { createCredential } from '../mcp-client/credential.js';

/** The credentials that slots hold, by {@link authorityKey}. */
export interface SharedCredentials {
  /** Gives the credential of an authority, made from this token when there is none; ends with one `release`. */
  hold(authority: string, token: BearerToken, principal: Principal): Credential;
  /** Ends one `hold`; with the last of them the credential is forgotten. */
  release(authority: string): void;
  /** Puts a token in the place of the one an authority’s calls use now, if anybody holds it. */
  present(authority: string, token: BearerToken, principal: Principal): void;
  /** Tells whether a token that has not expired is held for an authority. */
  isLive(authority: string): boolean;
}

/** Creates an empty set. @param clock the time in milliseconds since the epoch. */
export function createSharedCredentials(clock: () => number): SharedCredentials {
  const held = new Map<string, { readonly credential: Credential; holders: number }>();
  return {
    hold(authority, token, principal) {
      const entry = held.get(authority) ?? {
        credential: createCredential(token, principal, clock),
        holders: 0,
      };
      entry.holders += 1;
      held.set(authority, entry);
      return entry.credential;
    },
    release(authority) {
      const entry = held.get(authority);
      if (entry === undefined) return;
      entry.holders -= 1;
      if (entry.holders === 0) held.delete(authority);
    },
    present(authority, token, principal) {
      held.get(authority)?.credential.renew(token, principal);
    },
    isLive(authority) {
      const credential = held.get(authority)?.credential;
      return credential !== undefined && credential.principal().expiresAt * 1000 > clock();
    },
  };
}
