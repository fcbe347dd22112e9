/** The Retry-After header. */

/**
 * Reads the wait that a server asks for, as seconds or as a date.
 *
 * @returns milliseconds from `now`, at least 0; undefined for what is neither.
 * @see RFC 9110 section 10.2.3
 */
export function toRetryAfterMs(header: string, now = Date.now()): number | undefined {
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // An HTTP date begins with the name of a day; Date.parse takes far more than that for a date.
  const at = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
