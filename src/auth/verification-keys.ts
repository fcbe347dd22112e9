/** Where the public keys come from that verify tokens: a file, a key server, or a set at hand. */
import { readFileSync } from 'node:fs';
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { ConfigError, KeysUnavailableError } from '../errors.js';
import { parseSecureUrl } from '../secure-url.js';
import { fetchKeySet } from './fetch-key-set.js';
import { publicKeySet } from './public-key-set.js';

const cooldownMs = 5_000;
const maximumAgeMs = 600_000;
const staleWindowMs = 600_000;

/** Finds the public key that a token's header names; opaque to everything outside this folder. */
export type VerificationKeys = JWTVerifyGetKey;

/** What {@link remoteKeys} may be told. */
export interface RemoteKeysOptions {
  /** Fetches the key set; default the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Milliseconds that never step back; default `performance.now`, so a changed wall clock cannot keep old keys. */
  readonly clock?: (() => number) | undefined;
  /** Longest wait for one answer of the key server, in milliseconds; default 3 000. */
  readonly timeoutMs?: number | undefined;
}

/** Uses a key set that is at hand. @throws {@link ConfigError} when it is no set of public keys. */
export function jwksKeys(jwks: unknown): VerificationKeys {
  return createLocalJWKSet(publicKeySet(jwks, 'jwks'));
}

/**
 * Reads a JWKS file, once, now.
 *
 * @throws {@link ConfigError} naming AUTH_JWKS_FILE when it cannot be read, is no JWKS, or holds a private or symmetric key.
 */
export function fileKeys(file: string): VerificationKeys {
  return createLocalJWKSet(publicKeySet(readJson(file), 'AUTH_JWKS_FILE'));
}

/**
 * Reads keys from a key server when the first token arrives, and again after 10 minutes or for a key it has not seen.
 *
 * At most one request is in flight, and one every 5 seconds: for unknown keys and for a failing server alike. Keys
 * outlive a failing server by 10 minutes; a key that the server withdrew is refused within 10 minutes.
 *
 * @throws {@link ConfigError} naming AUTH_JWKS_URL when the URL is neither https nor loopback. The keys returned throw
 * {@link KeysUnavailableError} when no answer of the server can decide.
 */
export function remoteKeys(url: string, options: RemoteKeysOptions = {}): VerificationKeys {
  const { fetch = globalThis.fetch, clock = () => performance.now(), timeoutMs = 3_000 } = options;
  const source = parseSecureUrl('AUTH_JWKS_URL', url);
  let held: { readonly find: VerificationKeys; readonly atMs: number } | undefined;
  let attempt: { readonly atMs: number; readonly failure?: unknown } | undefined;
  let pending: Promise<void> | undefined;

  const load = async (): Promise<void> => {
    try {
      const find = createLocalJWKSet(await fetchKeySet(source, { fetch, timeoutMs }));
      held = { find, atMs: clock() };
      attempt = { atMs: clock() };
    } catch (failure) {
      attempt = { atMs: clock(), failure };
    }
  };
  const refresh = (): Promise<void> => {
    if (pending) return pending;
    if (attempt !== undefined && clock() - attempt.atMs < cooldownMs) return Promise.resolve();
    pending = load().finally(() => {
      pending = undefined;
    });
    return pending;
  };
  const usable = (ageMs: number): VerificationKeys | undefined =>
    held !== undefined && clock() - held.atMs < ageMs ? held.find : undefined;

  return async (header, token) => {
    if (usable(maximumAgeMs) === undefined) await refresh();
    const find = usable(maximumAgeMs + staleWindowMs);
    if (find === undefined) throw new KeysUnavailableError({ cause: attempt?.failure });
    try {
      return await find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await refresh();
      if (attempt?.failure !== undefined) throw new KeysUnavailableError({ cause: attempt.failure });
      return (usable(maximumAgeMs) ?? find)(header, token);
    }
  };
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // The cause is left out: a JSON error quotes the text, which may be a key.
    throw new ConfigError('AUTH_JWKS_FILE', `cannot read ${JSON.stringify(file)} as JSON; name a JWKS file.`);
  }
}
