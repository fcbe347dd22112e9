/** What a run config says: which thread, on whose behalf, with which token. */
import type { BearerToken } from '../auth/bearer-token.js';
import { isBearerToken, toBearerToken } from '../auth/bearer-token.js';
import type { Principal } from '../auth/principal.js';
import { TokenMissingError } from '../errors.js';

/** The `configurable` part of a LangGraph run config. */
export type Configurable = Readonly<Record<string, unknown>>;

/** The run config’s key for the user’s token, in process and in the worker. */
export const userTokenKey = '_user_token';

/** Gives the token of one run of the agent server; it lives in a closure, so that no serializer can reach it. */
export type TokenOfRun = (runId: string | undefined) => BearerToken | undefined;

/** The thread of a run; runs without one share the empty name. */
export function readThreadId(configurable: Configurable | undefined): string {
  return readString(configurable, 'thread_id') ?? '';
}

/**
 * Reads the user’s token for this run.
 * On the agent server the authenticated user gives it, and a `_user_token` left in the config of an earlier run is
 * not looked at; in process it is `_user_token`.
 *
 * @throws {@link TokenMissingError} when there is none.
 * @throws {@link TokenInvalidError} when it does not have the form of a token.
 */
export function readUserToken(configurable: Configurable | undefined): BearerToken {
  const user = configurable?.langgraph_auth_user;
  if (user !== undefined && user !== null) return requireToken(tokenOfServerRun(user, configurable));
  const value = configurable?.[userTokenKey];
  return isBearerToken(value) ? value : toBearerToken(value);
}

/** The user’s token for this run, or undefined where {@link readUserToken} throws. */
export function findUserToken(configurable: Configurable | undefined): BearerToken | undefined {
  try {
    return readUserToken(configurable);
  } catch {
    return undefined;
  }
}

/**
 * Whom the agent server verified for the request that made this run; undefined in process, and for a run whose record
 * was read back from disk.
 */
export function readServerPrincipal(configurable: Configurable | undefined): Principal | undefined {
  const user = configurable?.langgraph_auth_user;
  if (typeof user !== 'object' || user === null || !('principal' in user)) return undefined;
  if (typeof user.principal !== 'function') return undefined;
  // As with tokenOfRun: only the agent server’s authenticate() puts functions there.
  return (user.principal as () => Principal)();
}

function tokenOfServerRun(user: unknown, configurable: Configurable | undefined): BearerToken | undefined {
  if (typeof user !== 'object' || user === null || !('tokenOfRun' in user)) return undefined;
  if (typeof user.tokenOfRun !== 'function') return undefined;
  // The agent server’s authenticate() is the only writer of this key: clients cannot set langgraph_auth_user.
  return (user.tokenOfRun as TokenOfRun)(readString(configurable, 'run_id'));
}

function requireToken(token: BearerToken | undefined): BearerToken {
  if (token === undefined) throw new TokenMissingError();
  return token;
}

function readString(configurable: Configurable | undefined, key: string): string | undefined {
  const value = configurable?.[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
