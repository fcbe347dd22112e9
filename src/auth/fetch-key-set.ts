/** One request to a key server, bounded in time and size. */
import type { JSONWebKeySet } from 'jose';
import { KeysUnavailableError } from '../errors.js';
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
    const text = await readText(response);
    const keys = text === undefined ? undefined : usableKeySet(parseJson(text));
    if (keys !== undefined) return keys;
  } catch (cause) {
    throw new KeysUnavailableError({ cause });
  }
  throw new KeysUnavailableError();
}

/**
 * Reads a body of status 200 up to the limit, counting as it comes: a length header may be missing or wrong.
 * Whatever is not read is cancelled, so that the socket is free again.
 */
async function readText(response: Response): Promise<string | undefined> {
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = response.body?.getReader();
  if (reader === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  let isWanted = response.status === 200;
  for (let bytes = 0; isWanted;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks).toString('utf8');
    bytes += value.byteLength;
    isWanted = bytes <= maximumBytes;
    chunks.push(value);
  }
  await reader.cancel();
  return undefined;
}

/** The error is left out: it quotes the text, and no error of ours carries a remote system's words. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
