/** The gate of the HTTP door: nothing of a request is read before its token holds. */
import type { IncomingMessage } from 'node:http';
import { readAuthorizationHeader } from '../auth/bearer-token.js';
import type { TokenVerifier } from '../auth/token-verifier.js';
import { InsufficientScopeError, TokenInvalidError } from '../errors.js';
import type { Caller } from '../platform/caller.js';

/** The scope that every request needs. */
export const platformScope = 'platform';

/**
 * Finds out who sends a request, by its Authorization header alone: a token in the URL or the body is not looked at.
 *
 * @throws {@link TokenMissingError}, {@link TokenInvalidError} or {@link KeysUnavailableError} as the verifier does.
 * @throws {@link InsufficientScopeError} when the token lacks the scope `platform`.
 * @see RFC 6750 section 2.1
 */
export async function authenticateRequest(
  request: IncomingMessage,
  verifier: TokenVerifier,
  requestId: string,
): Promise<Caller> {
  // node:http keeps the first of two Authorization headers; two of them are an attempt, not a request.
  const headers = request.headersDistinct.authorization ?? [];
  if (headers.length > 1) throw new TokenInvalidError('malformed');
  const principal = await verifier.verify(readAuthorizationHeader(headers[0]));
  if (!principal.scopes.includes(platformScope)) throw new InsufficientScopeError(platformScope);
  return { principal, requestId, clientId: principal.clientId };
}
