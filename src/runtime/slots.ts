/** The slots of a process: where a run finds its toolset, keyed by (thread, principal). */
import type { BearerToken } from '../auth/bearer-token.js';
import type { Principal } from '../auth/principal.js';
import { authorityKey, principalKey } from '../auth/principal.js';
import type { TokenVerifier } from '../auth/token-verifier.js';
import type { Credential } from '../mcp-client/credential.js';
import { createCredential } from '../mcp-client/credential.js';
import type { Toolset } from '../mcp-client/toolset.js';

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
  /** Loads a principal’s toolset. */
  readonly load: (credential: Credential) => Promise<Toolset>;
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
   * Verifies a token and gives the slot of its principal on a thread.
   * The token presented last replaces the credential that the slot’s calls use: it is the one of the run that calls.
   *
   * @throws {@link TokenInvalidError}, {@link KeysUnavailableError}
   */
  enter(threadId: string, token: BearerToken): Promise<Slot>;
  /** How many slots are kept now. */
  size(): number;
}

interface Kept {
  readonly slot: Slot;
  readonly renew: (token: BearerToken, principal: Principal) => void;
  usedAt: number;
}

/** Creates an empty set of slots. */
export function createSlots(options: SlotsOptions): Slots {
  const { verifier, load, maxSlots = 10_000, idleMs = 1_800_000, clock = Date.now } = options;
  // A Map keeps insertion order: the first entry is the one used longest ago.
  const kept = new Map<string, Kept>();

  const evict = (now: number): void => {
    for (const [key, entry] of kept) {
      if (kept.size <= maxSlots && entry.usedAt + idleMs > now) return;
      kept.delete(key);
    }
  };

  return {
    async enter(threadId, token) {
      const principal = await verifier.verify(token);
      const key = JSON.stringify([threadId, principalKey(principal)]);
      const entry = kept.get(key) ?? createSlot(createCredential(token, principal), load);
      entry.renew(token, principal);
      entry.usedAt = clock();
      kept.delete(key);
      kept.set(key, entry);
      evict(entry.usedAt);
      return entry.slot;
    },
    size: () => kept.size,
  };
}

function createSlot(credential: Credential, load: SlotsOptions['load']): Kept {
  let loading: Promise<Toolset> | undefined;

  const toolset = (): Promise<Toolset> => {
    if (loading !== undefined) return loading;
    const started: Promise<Toolset> = load(credential).catch((error: unknown) => {
      // After a change of authority a newer load may stand in its place.
      if (loading === started) loading = undefined;
      throw error;
    });
    loading = started;
    return started;
  };

  const renew = (token: BearerToken, principal: Principal): void => {
    // Another organization or scope may be offered other tools.
    if (authorityKey(credential.principal()) !== authorityKey(principal)) loading = undefined;
    credential.renew(token, principal);
  };

  return { slot: { principal: credential.principal, toolset }, renew, usedAt: 0 };
}
