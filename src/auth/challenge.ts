/** The HTTP answer to a request whose token is missing, refused, too narrow, or cannot be checked now. */
import {
  InsufficientScopeError,
  KeysUnavailableError,
  TokenInvalidError,
  TokenMissingError,
} from '../errors.js';

const retryAfterSeconds = 5;

/** What a challenge tells the client beside the error. */
export interface AuthChallengeOptions {
  /** Where the protected resource metadata stands. @see RFC 9728 section 5.1 */
  readonly resourceMetadataUrl?: string | undefined;
  /** The scopes that the resource asks for, separated by spaces. */
  readonly scope?: string | undefined;
}

/** An answer, ready for any HTTP framework. */
export interface AuthResponse {
  readonly status: 401 | 403 | 503;
  readonly headers: Record<string, string>;
  readonly body: { readonly error: string; readonly message: string };
}

/**
 * Makes the HTTP answer for an auth error: 401 with a challenge, without an error code when no credentials came;
 * 403 for a scope that is missing; 503 when keys cannot be read, since a 401 would make clients drop a good token.
 *
 * @returns undefined when the error is of another kind.
 * @see RFC 6750 section 3
 */
export function toAuthResponse(error: unknown, options: AuthChallengeOptions = {}): AuthResponse | undefined {
  if (error instanceof TokenMissingError) {
    return toChallengeAnswer(401, toChallenge(options), { error: 'unauthorized', message: error.message });
  }
  if (error instanceof TokenInvalidError) {
    const body = { error: 'invalid_token', message: error.message };
    return toChallengeAnswer(401, toChallenge(options, body), body);
  }
  if (error instanceof InsufficientScopeError) {
    const body = { error: 'insufficient_scope', message: error.message };
    return toChallengeAnswer(403, toChallenge({ ...options, scope: error.scope }, body), body);
  }
  if (!(error instanceof KeysUnavailableError)) return undefined;
  const body = { error: 'temporarily_unavailable', message: error.message };
  return {
    status: 503,
    headers: { 'Retry-After': String(retryAfterSeconds), 'Cache-Control': 'no-store' },
    body,
  };
}

function toChallengeAnswer(status: 401 | 403, header: string, body: AuthResponse['body']): AuthResponse {
  return { status, headers: { 'WWW-Authenticate': header, 'Cache-Control': 'no-store' }, body };
}

function toChallenge(options: AuthChallengeOptions, body?: AuthResponse['body']): string {
  const parameters = [
    ['realm', 'graph-fleet'],
    ['error', body?.error],
    ['error_description', body?.message],
    ['scope', options.scope],
    ['resource_metadata', options.resourceMetadataUrl],
  ] as const;
  const given = parameters.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${toQuotedText(value)}"`],
  );
  return `Bearer ${given.join(', ')}`;
}

/** Keeps printable ASCII without quotes and backslashes, so that no value can end its parameter or the header. */
function toQuotedText(value: string): string {
  return value.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, "'");
}
