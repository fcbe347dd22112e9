/** Whom a run’s token lets in: at its beginning, and at every later step that brings the same token. */
import type { BearerToken } from '../auth/bearer-token.js';
import type { Principal } from '../auth/principal.js';
import { authorityKey } from '../auth/principal.js';
import type { TokenVerifier } from '../auth/token-verifier.js';
import { TokenInvalidError } from '../errors.js';
import type { SharedCredentials } from './shared-credentials.js';

/** The least life, in seconds, that a token must have left when its run begins. */
export const leastLifeSeconds = 10;

/** Verifies the tokens of runs. */
export interface RunAdmission {
  /**
   * Verifies a token.
   *
   * One that is seen for the first time begins a run: it needs {@link leastLifeSeconds}, and it replaces the one that
   * the authority’s live connections use. The same token object again is a later step of that run: when it has expired,
   * the step goes on if a newer token of the same authority was presented meanwhile.
   *
   * @throws {@link TokenInvalidError}, {@link KeysUnavailableError}
   */
  verify(token: BearerToken): Promise<Principal>;
  /** Who a token object of this process was verified for earlier; undefined when it never was. */
  knownPrincipal(token: BearerToken): Principal | undefined;
}

/** Creates an admission that knows no token yet. */
export function createRunAdmission(verifier: TokenVerifier, credentials: SharedCredentials): RunAdmission {
  // By object and not by text: only the run that carries this very object passed the door with it.
  const begun = new WeakMap<BearerToken, Principal>();

  const begin = async (token: BearerToken): Promise<Principal> => {
    const principal = await verifier.verify(token, { lifeSeconds: leastLifeSeconds });
    begun.set(token, principal);
    credentials.present(authorityKey(principal), token, principal);
    return principal;
  };

  const goOn = async (token: BearerToken, principal: Principal): Promise<Principal> => {
    try {
      return await verifier.verify(token, { lifeSeconds: 1 });
    } catch (error) {
      const isExpired = error instanceof TokenInvalidError && error.reason === 'expired';
      if (isExpired && credentials.isLive(authorityKey(principal))) return principal;
      throw error;
    }
  };

  return {
    verify: async (token) => {
      const principal = begun.get(token);
      return principal === undefined ? begin(token) : goOn(token, principal);
    },
    knownPrincipal: (token) => begun.get(token),
  };
}
