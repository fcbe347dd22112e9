/** The credential of one principal, shared by all of that principal's live connections and renewed in place. */
import type { BearerToken } from '../auth/bearer-token.js';
import type { Principal } from '../auth/principal.js';
import type { McpServerConfig } from '../config/mcp-servers.js';
import { OutcomeError } from '../outcomes.js';

/** Holds the newest token of one principal; whoever has the credential sees the renewal at the next request. */
export interface Credential {
  /** The principal of the token held now. */
  principal(): Principal;
  /** The token held now. */
  token(): BearerToken;
  /** Replaces the token; `principal` must be the same issuer and subject, which the caller has verified. */
  renew(token: BearerToken, principal: Principal): void;
}

/** Creates a credential that holds a verified token. */
export function createCredential(token: BearerToken, principal: Principal): Credential {
  let current = { token, principal };
  return {
    principal: () => current.principal,
    token: () => current.token,
    renew: (newToken, newPrincipal) => {
      current = { token: newToken, principal: newPrincipal };
    },
  };
}

/**
 * Gives the headers that one request to one server carries.
 * The user's token goes only to a `forward` server whose audience stands in the token's `aud`.
 *
 * @throws {@link OutcomeError} `unauthenticated` when the token is not meant for this server.
 * @see RFC 8707 section 2
 */
export function authorizationHeaders(
  server: McpServerConfig,
  credential: Credential,
): Readonly<Record<string, string>> {
  switch (server.auth.mode) {
    case 'none':
      return {};
    case 'headers':
      return server.auth.headers;
    case 'forward': {
      if (!credential.principal().audiences.includes(server.auth.audience)) {
        throw new OutcomeError({
          outcome: 'unauthenticated',
          message: `Your token is not meant for the server "${server.name}"; sign in for its audience.`,
        });
      }
      return { authorization: `Bearer ${credential.token().reveal()}` };
    }
    case 'exchange':
      throw new OutcomeError({
        outcome: 'contract',
        message: `The server "${server.name}" wants a token exchange, which this release does not make; set auth.mode to "forward".`,
      });
  }
}
