/** Takes secrets out of text that is about to leave the process: logs, error bodies, tool results. */

const jwt = /(?<![\w-])[\w-]{16,}(?:\.[\w-]{16,}){2}(?:\.[\w-]+){0,2}/g;
// A header's first bytes are `{"`, `{ ` or a line end after `{`: a cut or an encrypted token is known by them too.
const jwtByItsHeader = /(?<![\w-])e[wy][\w-]{8,}(?:\.[\w-]+){1,4}/g;
const bearerCredential = /\b(Bearer|DPoP)\s+[\w\-.~+/]+=*/gi;
// Quotes and backslashes end it: the text may be JSON, where the next `@` stands in another member.
const passwordInUrl = /(:\/\/[^\s:@/"\\]{0,255}:)[^\s@/"\\]{1,1024}@/g;
// RFC 6750 section 2.3: not accepted here, and sent all the same.
const tokenInQuery = /([?&](?:access_|id_|refresh_|user_)?token=)[^&\s'"]+/gi;
const apiKey = /(?<![\w-])sk-[\w-]{16,}/g;

/**
 * Replaces what looks like a secret by `[redacted]`: JWTs (three base64url parts), what follows `Bearer`,
 * the password of a URL, a token in its query, and API keys that begin with `sk-`. Text without one comes back unchanged.
 */
export function redact(text: string): string {
  return text
    .replace(bearerCredential, '$1 [redacted]')
    .replace(jwt, '[redacted]')
    .replace(jwtByItsHeader, '[redacted]')
    .replace(tokenInQuery, '$1[redacted]')
    .replace(passwordInUrl, '$1[redacted]@')
    .replace(apiKey, '[redacted]');
}
