/** A set of public keys, separated from everything that must not verify a token. */
import type { JSONWebKeySet, JWK } from 'jose';
import { ConfigError } from '../errors.js';

const publicKeyTypes: ReadonlySet<unknown> = new Set(['EC', 'RSA', 'OKP']);
const privateMembers = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv'] as const;

/**
 * Checks a key set that the operator named.
 *
 * @param path the setting that the error names.
 * @throws {@link ConfigError} when it is no key set, holds a private or symmetric key, or no key that can verify.
 */
export function publicKeySet(value: unknown, path: string): JSONWebKeySet {
  const keys = readKeys(value);
  if (keys === undefined)
    throw new ConfigError(path, 'is not a JSON Web Key Set; give an object with a "keys" list.');
  if (keys.some(holdsSecret)) {
    throw new ConfigError(
      path,
      'holds a private or symmetric key; give public keys only, without "d" and "k".',
    );
  }
  const usable = keys.filter(isUsable);
  if (usable.length === 0)
    throw new ConfigError(path, 'holds no EC, RSA or OKP key for signatures; add one.');
  return { keys: usable };
}

/**
 * Keeps the keys of a published set that may verify a token. A key published with its private part is known to
 * everyone, so it verifies nothing; the rest of the set goes on.
 *
 * @returns undefined when the value is no key set or no key of it may be used.
 */
export function usableKeySet(value: unknown): JSONWebKeySet | undefined {
  const keys = readKeys(value)?.filter((key) => isUsable(key) && !holdsSecret(key));
  return keys === undefined || keys.length === 0 ? undefined : { keys };
}

function readKeys(value: unknown): readonly JWK[] | undefined {
  if (typeof value !== 'object' || value === null || !('keys' in value) || !Array.isArray(value.keys))
    return undefined;
  const keys: readonly unknown[] = value.keys;
  return keys.every(isJwk) ? keys : undefined;
}

function isJwk(value: unknown): value is JWK {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && 'kty' in value;
}

function holdsSecret(key: JWK): boolean {
  return key.kty === 'oct' || privateMembers.some((member) => Object.hasOwn(key, member));
}

function isUsable(key: JWK): boolean {
  return publicKeyTypes.has(key.kty) && (key.use === undefined || key.use === 'sig');
}
