/** One request to a key server, bounded in time and size. */
import type { JSONWebKeySet } from 'jose';
import { KeysUnavailableError } from '../errors.js';
import { readLimitedBody } from './limited-body.js';
import { parseJson } from './parse-json.js';
import { usableKeySet } from './public-key-set.js';

const maximumBytes = 65_536;

interface FetchKeySetOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly timeoutMs: number;
}

/**
 * Fetches a key set. Redirects are refused, and at most 64 KiB are read.
 *
 * @throws {@link KeysUnavailableError} when no key set came back, whatever the reason.
 */
export async function fetchKeySet(url: URL, options: FetchKeySetOptions): Promise<JSONWebKeySet> {
  try {
    const response = await options.fetch(url, {
      redirect: 'error',
      headers: { accept: 'application/jwk-set+json, application/json' },
      signal: AbortSignal.timeout(options.timeoutMs),
    });
    const text = await readBody(response);
    const keys = text === undefined ? undefined : usableKeySet(parseJson(text));
    if (keys !== undefined) return keys;
  } catch (cause) {
    throw new KeysUnavailableError({ cause });
  }
  throw new KeysUnavailableError();
}

/** The body of an answer with status 200; of any other one nothing is read, and its socket is free again. */
async function readBody(response: Response): Promise<string | undefined> {
  if (response.status === 200) return readLimitedBody(response, maximumBytes);
  await response.body?.cancel();
  return undefined;
}
