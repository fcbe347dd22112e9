/** The slots of a process: where a run finds its toolset, keyed by thread and by the authority of its token. */
import type { BearerToken } from '../auth/bearer-token.js';
import type { Principal } from '../auth/principal.js';
import { authorityKey } from '../auth/principal.js';
import type { TokenVerifier } from '../auth/token-verifier.js';
import type { Credential } from '../mcp-client/credential.js';
import type { Toolset } from '../mcp-client/toolset.js';
import { createRunAdmission } from './run-admission.js';
import { createSharedCredentials } from './shared-credentials.js';

/** One thread of one principal. */
export interface Slot {
  /** Who the thread’s runs act as now. */
  principal(): Principal;
  /** The toolset, loaded at the first call and kept; concurrent calls share one load and a failed load is not kept. */
  toolset(): Promise<Toolset>;
}

/** What {@link createSlots} is made of. */
export interface SlotsOptions {
  /** Verifies the token of every entry. */
  readonly verifier: TokenVerifier;
  /** Loads a principal’s toolset for one thread. */
  readonly load: (credential: Credential, threadId: string) => Promise<Toolset>;
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
  /** Who a token object of this process was verified for earlier; undefined when it never was. */
  knownPrincipal(token: BearerToken): Principal | undefined;
  /** How many slots are kept now. */
  size(): number;
}

interface Kept {
  readonly slot: Slot;
  readonly authority: string;
  usedAt: number;
}

/** Creates an empty set of slots. */
export function createSlots(options: SlotsOptions): Slots {
  const { verifier, load, maxSlots = 10_000, idleMs = 1_800_000, clock = Date.now } = options;
  // A Map keeps insertion order: the first entry is the one used longest ago.
  const kept = new Map<string, Kept>();
  const credentials = createSharedCredentials(clock);
  const admission = createRunAdmission(verifier, credentials);

  const drop = (key: string, entry: Kept): void => {
    kept.delete(key);
    credentials.release(entry.authority);
  };

  const evict = (now: number): void => {
    for (const [key, entry] of kept) {
      if (kept.size <= maxSlots && entry.usedAt + idleMs > now) return;
      drop(key, entry);
    }
  };

  const make = (threadId: string, token: BearerToken, principal: Principal): Kept => {
    const authority = authorityKey(principal);
    const credential = credentials.hold(authority, token, principal);
    const slot = createSlot({
      load: () => load(credential, threadId),
      principal: credential.principal,
      clock,
    });
    return { slot, authority, usedAt: 0 };
  };

  return {
    async enter(threadId, token) {
      const principal = await admission.verify(token);
      const key = JSON.stringify([threadId, authorityKey(principal)]);
      const entry = kept.get(key) ?? make(threadId, token, principal);
      entry.usedAt = clock();
      kept.delete(key);
      kept.set(key, entry);
      evict(entry.usedAt);
      return entry.slot;
    },
    knownPrincipal: admission.knownPrincipal,
    size: () => kept.size,
  };
}

/** How long a toolset is used before it is loaded again, in milliseconds: tools come and go, and so do permissions. */
const completeMs = 300_000;
/** How long a toolset that lacks a server is used before it is loaded again, in milliseconds. */
const incompleteMs = 5_000;

interface SlotOptions {
  readonly load: () => Promise<Toolset>;
  readonly principal: () => Principal;
  readonly clock: () => number;
}

function createSlot({ load, principal, clock }: SlotOptions): Slot {
  let current: { readonly loading: Promise<Toolset>; expiresAt: number } | undefined;

  const start = (): Promise<Toolset> => {
    const entry = { loading: load(), expiresAt: Infinity };
    current = entry;
    entry.loading.then(
      (toolset) => {
        entry.expiresAt = clock() + (toolset.unavailable.size === 0 ? completeMs : incompleteMs);
      },
      () => {
        if (current === entry) current = undefined;
      },
    );
    return entry.loading;
  };

  return {
    principal,
    toolset: () => (current !== undefined && clock() < current.expiresAt ? current.loading : start()),
  };
}
