/** The credential of one authority, shared by all of its live connections and renewed in place. */
import type { BearerToken } from '../auth/bearer-token.js';
import type { Principal } from '../auth/principal.js';

/** Holds the tokens of one authority; whoever has the credential uses the newest good one at the next request. */
export interface Credential {
  /** The principal of the token that is used now. */
  principal(): Principal;
  /** The token that is used now: the one presented last, unless it has expired or a server refused it and another is left. */
  token(): BearerToken;
  /** Presents a token of the same authority, which the caller has verified. */
  renew(token: BearerToken, principal: Principal): void;
  /** Notes that a server refused a token; true when another one is used from now on. */
  refuse(token: BearerToken): boolean;
}

interface HeldToken {
  readonly token: BearerToken;
  readonly principal: Principal;
  isRefused: boolean;
}

/** Tokens held for one authority: runs that overlap at a renewal bring no more. */
const maxTokens = 4;

/**
 * Creates a credential that holds a verified token.
 *
 * @param clock the time in milliseconds since the epoch.
 */
export function createCredential(
  token: BearerToken,
  principal: Principal,
  clock: () => number = Date.now,
): Credential {
  // The one presented last first.
  let held: readonly HeldToken[] = [{ token, principal, isRefused: false }];

  const isUsable = (known: HeldToken): boolean =>
    !known.isRefused && known.principal.expiresAt * 1000 > clock();
  const best = (): HeldToken => held.find(isUsable) ?? held[0] ?? { token, principal, isRefused: false };

  return {
    principal: () => best().principal,
    token: () => best().token,
    renew(presented, itsPrincipal) {
      const text = presented.reveal();
      const known = held.find((one) => one.token.reveal() === text);
      const others = held.filter((one) => one !== known).slice(0, maxTokens - 1);
      held = [known ?? { token: presented, principal: itsPrincipal, isRefused: false }, ...others];
    },
    refuse(refused) {
      const text = refused.reveal();
      for (const known of held) known.isRefused ||= known.token.reveal() === text;
      return held.some(isUsable);
    },
  };
}
