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
   * the authority’s live connections use. The same token object again is a later step of that run: it is
   * verified anew once a second, and when it has expired the step goes on if a newer token of the same authority was
   * presented meanwhile.
   *
   * @throws {@link TokenInvalidError}, {@link KeysUnavailableError}
   */
  verify(token: BearerToken): Promise<Principal>;
  /** Who a token object of this process was verified for earlier; undefined when it never was. */
  knownPrincipal(token: BearerToken): Principal | undefined;
}

/** How long the steps of a run need not look at the keys again, in milliseconds. */
const recheckMs = 1000;

interface BegunRun {
  readonly principal: Principal;
  verifiedAt: number;
}

/** Creates an admission that knows no token yet. @param clock the time in milliseconds since the epoch. */
export function createRunAdmission(
  verifier: TokenVerifier,
  credentials: SharedCredentials,
  clock: () => number,
): RunAdmission {
  // By object and not by text: only the run that carries this very object passed the door with it.
  const begun = new WeakMap<BearerToken, BegunRun>();

  const begin = async (token: BearerToken): Promise<Principal> => {
    const principal = await verifier.verify(token, { lifeSeconds: leastLifeSeconds });
    begun.set(token, { principal, verifiedAt: clock() });
    credentials.present(authorityKey(principal), token, principal);
    return principal;
  };

  const isFresh = ({ principal, verifiedAt }: BegunRun): boolean => {
    const now = clock();
    return now - verifiedAt < recheckMs && now >= verifiedAt && Math.floor(now / 1000) < principal.expiresAt;
  };

  const goOn = async (token: BearerToken, run: BegunRun): Promise<Principal> => {
    const { principal } = run;
    if (isFresh(run)) return principal;
    try {
      const verified = await verifier.verify(token, { lifeSeconds: 1 });
      run.verifiedAt = clock();
      return verified;
    } catch (error) {
      const isExpired = error instanceof TokenInvalidError && error.reason === 'expired';
      if (isExpired && credentials.isLive(authorityKey(principal))) return principal;
      throw error;
    }
  };

  return {
    verify(token) {
      const run = begun.get(token);
      return run === undefined ? begin(token) : goOn(token, run);
    },
    knownPrincipal: (token) => begun.get(token)?.principal,
  };
}
