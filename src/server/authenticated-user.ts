/** The user object that the agent server’s `authenticate` gives to LangGraph. */
import { createHash } from 'node:crypto';
import type { BearerToken } from '../auth/bearer-token.js';
import type { Principal } from '../auth/principal.js';
import type { TokenOfRun } from '../runtime/run-config.js';
import type { RunTokens } from './run-tokens.js';

/** A user of the agent server. LangGraph stores and streams this object; JSON drops its functions. */
export interface AuthenticatedUser {
  /** Issuer and subject; the value of `metadata.owner`. */
  readonly identity: string;
  readonly permissions: string[];
  /** Who it is, for handlers of this process. */
  readonly principal: () => Principal;
  /** The token that came with this request; not stored. */
  readonly token: () => BearerToken;
  /** The token of one run: what `_user_token` gave, else the request’s own. */
  readonly tokenOfRun: TokenOfRun;
}

/** What LangGraph’s authentication leaves for the routes behind it, under the name `auth`. */
export interface Authentication {
  readonly user: { readonly identity: string };
  readonly scopes: readonly string[];
}

/** Makes the user for a verified token. */
export function toAuthenticatedUser(
  principal: Principal,
  token: BearerToken,
  runTokens: RunTokens,
): AuthenticatedUser {
  return {
    identity: ownerOf(principal),
    permissions: [...principal.scopes],
    principal: () => principal,
    token: () => token,
    tokenOfRun: (runId) => (runId === undefined ? undefined : runTokens.get(runId)) ?? token,
  };
}

/** The owner that a thread’s metadata names. */
export function ownerOf({ issuer, subject }: Pick<Principal, 'issuer' | 'subject'>): string {
  return `${issuer}|${subject}`;
}

/** The first label of everything a user keeps in the store; labels may not contain periods. */
export function storeLabelOf(identity: string): string {
  return createHash('sha256').update(identity).digest('hex').slice(0, 32);
}

/** Tells the users that this server made from those of nobody, or of a record that was read from disk. */
export function isAuthenticatedUser(user: object): user is AuthenticatedUser {
  return 'tokenOfRun' in user && typeof user.tokenOfRun === 'function';
}
