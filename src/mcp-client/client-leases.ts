/** Connected clients by key: each closed when it was idle for long, when room is needed, or after its last use. */
import type { Client } from '@modelcontextprotocol/client';
import { runOutside } from '../outside-runs.js';
import type { Credential } from './credential.js';

/** What is kept under a key. */
export interface KeptClient {
  /** The client, or why it did not connect. */
  readonly opening: Promise<Client>;
  /** Makes its requests with this credential from now on. */
  readonly useAs: (credential: Credential) => void;
  /** How long it may stay unused, in milliseconds, asked at the end of each use; that of the set when left out. */
  readonly idleMs?: (() => number) | undefined;
  /** What is done with one that was idle for long, or when room is needed; told its key. It is closed when left out. */
  readonly rest?: ((key: string) => Promise<void>) | undefined;
}

/** One use of a kept client. */
export interface Lease extends KeptClient {
  /**
   * Takes the client out of the set: nobody gets it any more, and the last one to release it closes it.
   *
   * @returns whether it was in the set until now.
   */
  retire(): boolean;
  /** Keeps the client under another key from now on; false when that key, or this client, has another place by now. */
  moveTo(key: string): boolean;
  /** Ends the use; call once. */
  release(): void;
}

/** A bounded set of clients. */
export interface ClientLeases {
  /** Gives the client under `key`, made by `make` when there is none. */
  take(key: string, make: () => KeptClient): Lease;
  size(): number;
  /** Closes every client; safe to call twice. */
  close(): Promise<void>;
}

interface Entry extends KeptClient {
  /** Where it is kept. */
  key: string;
  /** Where it was kept first; it moves once. */
  readonly firstKey: string;
  users: number;
  idleTimer?: NodeJS.Timeout;
}

/** How many clients are kept, and for how long unused, in milliseconds. */
export interface LeaseBounds {
  readonly maxClients: number;
  readonly idleMs: number;
}

/** Creates an empty set. */
export function createClientLeases({ maxClients, idleMs }: LeaseBounds): ClientLeases {
  // A Map keeps insertion order, so the first entry without a user is the one idle longest.
  const entries = new Map<string, Entry>();

  const retire = (entry: Entry): boolean => {
    clearTimeout(entry.idleTimer);
    return isIn(entries, entry) && entries.delete(entry.key);
  };

  const retireAndClose = (entry: Entry): Promise<void> => {
    retire(entry);
    return closeClient(entry);
  };

  const retireAndRest = (entry: Entry): Promise<void> => {
    if (entry.rest === undefined) return retireAndClose(entry);
    retire(entry);
    return entry.rest(entry.key);
  };

  const makeRoom = (): void => {
    for (const entry of entries.values()) {
      if (entries.size < maxClients) return;
      if (entry.users === 0) void retireAndRest(entry);
    }
  };

  const use = (entry: Entry): void => {
    entries.delete(entry.key);
    entries.set(entry.key, entry);
    clearTimeout(entry.idleTimer);
    entry.users += 1;
  };

  const release = (entry: Entry): void => {
    entry.users -= 1;
    if (entry.users > 0) return;
    if (!isIn(entries, entry)) void closeClient(entry);
    else
      entry.idleTimer = runOutside(() =>
        setTimeout(() => void retireAndRest(entry), entry.idleMs?.() ?? idleMs).unref(),
      );
  };

  return {
    take(key, make) {
      const kept = entries.get(key);
      if (kept === undefined) makeRoom();
      // A client lives longer than the run that needs it first.
      const entry = kept ?? { ...runOutside(make), key, firstKey: key, users: 0 };
      use(entry);
      return toLease(entry, { retire, release, move: (moved, to) => moveEntry(entries, moved, to) });
    },
    size: () => entries.size,
    close: () => Promise.all([...entries.values()].map(retireAndClose)).then(() => undefined),
  };
}

interface EntryActions {
  readonly retire: (entry: Entry) => boolean;
  readonly release: (entry: Entry) => void;
  readonly move: (entry: Entry, key: string) => boolean;
}

function toLease(entry: Entry, { retire, release, move }: EntryActions): Lease {
  const { opening, useAs } = entry;
  return {
    opening,
    useAs,
    retire: () => retire(entry),
    moveTo: (key) => move(entry, key),
    release: () => {
      release(entry);
    },
  };
}

function isIn(entries: ReadonlyMap<string, Entry>, entry: Entry): boolean {
  return entries.get(entry.key) === entry;
}

function moveEntry(entries: Map<string, Entry>, entry: Entry, key: string): boolean {
  if (entry.key === key) return true;
  if (entry.key !== entry.firstKey || entries.has(key)) return false;
  if (isIn(entries, entry)) {
    entries.delete(entry.key);
    entries.set(key, entry);
  }
  entry.key = key;
  return true;
}

/** Closes a client, whenever it is open. */
export async function closeClient({ opening }: Pick<KeptClient, 'opening'>): Promise<void> {
  // A client that never opened has nothing to close; who asked for it was told why.
  const client = await opening.catch(() => undefined);
  // Nobody uses it any more, and nobody waits here who could act on it.
  await client?.close().catch(() => undefined);
}
