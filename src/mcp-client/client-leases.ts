/** Connected clients by key: each closed when it was idle for long, when room is needed, or after its last use. */
import type { Client } from '@modelcontextprotocol/client';
import type { Credential } from './credential.js';

/** What is kept under a key. */
export interface KeptClient {
  /** The client, or why it did not connect. */
  readonly opening: Promise<Client>;
  /** Whose requests it makes. */
  readonly credential: Credential;
}

/** One use of a kept client. */
export interface Lease extends KeptClient {
  /** Takes the client out of the set: nobody gets it any more, and the last one to release it closes it. */
  retire(): void;
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

  const retire = (key: string, entry: Entry): void => {
    if (entries.get(key) === entry) entries.delete(key);
    clearTimeout(entry.idleTimer);
  };

  const retireAndClose = (key: string, entry: Entry): Promise<void> => {
    retire(key, entry);
    return closeClient(entry);
  };

  const makeRoom = (): void => {
    for (const [key, entry] of entries) {
      if (entries.size < maxClients) return;
      if (entry.users === 0) void retireAndClose(key, entry);
    }
  };

  const use = (key: string, entry: Entry): void => {
    entries.delete(key);
    entries.set(key, entry);
    clearTimeout(entry.idleTimer);
    entry.users += 1;
  };

  const release = (key: string, entry: Entry): void => {
    entry.users -= 1;
    if (entry.users > 0) return;
    if (entries.get(key) !== entry) void closeClient(entry);
    else entry.idleTimer = setTimeout(() => void retireAndClose(key, entry), idleMs).unref();
  };

  return {
    take(key, make) {
      const kept = entries.get(key);
      if (kept === undefined) makeRoom();
      const entry = kept ?? { ...make(), users: 0 };
      use(key, entry);
      const { opening, credential } = entry;
      return {
        opening,
        credential,
        retire: () => {
          retire(key, entry);
        },
        release: () => {
          release(key, entry);
        },
      };
    },
    size: () => entries.size,
    async close() {
      await Promise.all([...entries].map(([key, entry]) => retireAndClose(key, entry)));
    },
  };
}

async function closeClient(entry: KeptClient): Promise<void> {
  // A client that never opened has nothing to close; who asked for it was told why.
  const client = await entry.opening.catch(() => undefined);
  // Nobody uses it any more, and nobody waits here who could act on it.
  await client?.close().catch(() => undefined);
}
