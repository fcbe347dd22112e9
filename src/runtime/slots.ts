/** The slots of a process: where a run finds its toolset, keyed by thread and by the authority of its token. */
import type { BearerToken } from '../auth/bearer-token.js';
import type { Principal } from '../auth/principal.js';
import { createAuthorityKeys } from '../auth/principal.js';
import type { TokenVerifier } from '../auth/token-verifier.js';
import { createBoundedMap } from '../bounded-map.js';
import type { ToolNeed, Toolset, Toolsets } from '../mcp-client/toolset.js';
import { createRunAdmission } from './run-admission.js';
import { createSharedCredentials } from './shared-credentials.js';

/** One thread of one principal. */
export interface Slot {
  /** Who the thread’s runs act as now. */
  principal(): Principal;
  /** Whether every server’s tools are known, so that nothing has to be asked. */
  isLoaded(): boolean;
  /** What the model is shown now. @throws {@link OutcomeError} of a required server that failed. */
  toolset(): Promise<Toolset>;
  /** Where a call finds what it needs. @throws {@link OutcomeError} of a required server that failed. */
  toolsetFor(need: ToolNeed): Promise<Toolset>;
}

/** What {@link createSlots} is made of. */
export interface SlotsOptions {
  /** Verifies the token of every entry. */
  readonly verifier: TokenVerifier;
  /** Where the toolsets come from, which are kept for a person across threads. */
  readonly toolsets: Toolsets;
  /** The most slots kept; beyond it the one idle longest goes, and its thread loads again. Default 10 000. */
  readonly maxSlots?: number | undefined;
  /** How long an unused slot is kept, in milliseconds; default 1 800 000. */
  readonly idleMs?: number | undefined;
  /** The clock, in milliseconds. */
  readonly clock?: (() => number) | undefined;
}

/** Finds slots. */
export interface Slots {
  /**
   * Verifies a run’s token and gives the slot of its authority on a thread.
   *
   * @throws {@link TokenInvalidError}, {@link KeysUnavailableError}
   */
  enter(threadId: string, token: BearerToken): Promise<Slot>;
  /** The slot of a token object that was verified earlier on a thread that was entered before, if it is kept. */
  find(threadId: string, token: BearerToken): Slot | undefined;
  /** Who a token object of this process was verified for earlier; undefined when it never was. */
  knownPrincipal(token: BearerToken): Principal | undefined;
  /** How many slots are kept now. */
  size(): number;
}

interface Kept {
  readonly slot: Slot;
  readonly authority: string;
}

/** Creates an empty set of slots. */
export function createSlots(options: SlotsOptions): Slots {
  const { verifier, toolsets, maxSlots = 10_000, idleMs = 1_800_000, clock = Date.now } = options;
  const authorityOf = createAuthorityKeys();
  // The key of an authority is JSON, which has no line end in it.
  const slotKey = (threadId: string, principal: Principal): string =>
    `${authorityOf(principal)}\n${threadId}`;
  const credentials = createSharedCredentials(clock);
  const admission = createRunAdmission(verifier, credentials, clock);
  const kept = createBoundedMap<Kept>({
    maxSize: maxSlots,
    idleMs,
    clock,
    onDropped: ({ authority }) => {
      credentials.release(authority);
    },
  });

  const make = (threadId: string, token: BearerToken, principal: Principal): Kept => {
    const authority = authorityOf(principal);
    const credential = credentials.hold(authority, token, principal);
    const holder = { credential, thread: threadId };
    const slot: Slot = {
      principal: credential.principal,
      isLoaded: () => toolsets.isLoaded(holder),
      toolset: () => toolsets.forModel(holder),
      toolsetFor: (need) => toolsets.forCall(holder, need),
    };
    return { slot, authority };
  };

  return {
    async enter(threadId, token) {
      const principal = await admission.verify(token);
      const key = slotKey(threadId, principal);
      const known = kept.get(key);
      if (known !== undefined) return known.slot;
      const made = make(threadId, token, principal);
      kept.set(key, made);
      return made.slot;
    },
    find(threadId, token) {
      const principal = admission.knownPrincipal(token);
      return principal && kept.get(slotKey(threadId, principal))?.slot;
    },
    knownPrincipal: admission.knownPrincipal,
    size: kept.size,
  };
}
