/** How long a sealed token may lie somewhere. */
import type { BearerToken } from './bearer-token.js';

/** What bounds a token’s life. */
export interface TokenBounds {
  /** The time in milliseconds. */
  readonly now: number;
  /** The most seconds, however long the token lives. */
  readonly longest: number;
}

/**
 * Gives the seconds that a token waits for its worker: until it ends, which is read without verifying it, at most the
 * longest and at least one. A token that does not tell its end waits the longest.
 *
 * @see RFC 7519 section 4.1.4
 */
export function toTokenLife(token: BearerToken, { now, longest }: TokenBounds): number {
  const end = readEnd(token);
  if (end === undefined) return longest;
  return Math.min(longest, Math.max(1, Math.ceil(end - now / 1000)));
}

function readEnd(token: BearerToken): number | undefined {
  const payload = Buffer.from(token.reveal().split('.')[1] ?? '', 'base64url').toString('utf8');
  const claims = parseJson(payload);
  if (typeof claims !== 'object' || claims === null || !('exp' in claims)) return undefined;
  return typeof claims.exp === 'number' && Number.isFinite(claims.exp) ? claims.exp : undefined;
}

/** The parser’s own error would quote the claims. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
