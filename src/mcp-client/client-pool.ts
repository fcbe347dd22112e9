/** Keeps one connected client a (principal, server): shared while connecting, leased while in use, closed when idle. */
import type { Client, PriorDiscovery } from '@modelcontextprotocol/client';
import { authorityKey } from '../auth/principal.js';
import type { McpServerConfig } from '../config/mcp-servers.js';
import type { Credential } from './credential.js';
import { createCredential } from './credential.js';
import { openClient } from './open-client.js';

/** What {@link createClientPool} is made of. */
export interface ClientPoolOptions {
  /** The most clients kept at once; beyond it the one idle longest is closed. 1 to 100 000; default 1000. */
  readonly maxClients?: number | undefined;
  /** How long a client may stay unused before it is closed, in milliseconds; default 900 000. */
  readonly idleMs?: number | undefined;
  /** The `fetch` underneath; the global one when left out. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** Lends connected clients. */
export interface ClientPool {
  /**
   * Runs `use` with the connected client of this principal and server, connecting when needed.
   * A client whose use failed is not lent again when `isBroken` says so.
   */
  lend<Result>(loan: Loan<Result>): Promise<Result>;
  /** How many clients are kept now. */
  size(): number;
  /** Closes every client; safe to call twice. */
  close(): Promise<void>;
}

/** One use of a client. */
export interface Loan<Result> {
  readonly server: McpServerConfig;
  readonly credential: Credential;
  readonly use: (client: Client) => Promise<Result>;
  /** Tells whether an error means that the connection must not be used again. */
  readonly isBroken: (error: unknown) => boolean;
}

interface Entry {
  readonly opening: Promise<Client>;
  readonly credential: Credential;
  leases: number;
  idleTimer?: NodeJS.Timeout;
}

/** Creates an empty pool. A failed connection is not kept: the next loan connects anew. */
export function createClientPool(options: ClientPoolOptions = {}): ClientPool {
  const { maxClients = 1000, idleMs = 900_000, fetch } = options;
  // A Map keeps insertion order, so the first entry without a lease is the one idle longest.
  const entries = new Map<string, Entry>();
  const discoveries = new Map<string, PriorDiscovery>();

  const open = async (server: McpServerConfig, credential: Credential): Promise<Client> => {
    const opened = await openClient(server, { credential, fetch, prior: discoveries.get(server.name) });
    if (opened.discovery !== undefined) discoveries.set(server.name, opened.discovery);
    return opened.client;
  };

  const retire = (key: string, entry: Entry): void => {
    if (entries.get(key) === entry) entries.delete(key);
    clearTimeout(entry.idleTimer);
  };

  const makeRoom = (): void => {
    for (const [key, entry] of entries) {
      if (entries.size < maxClients) return;
      if (entry.leases > 0) continue;
      retire(key, entry);
      void closeClient(entry);
    }
  };

  const lease = (key: string, server: McpServerConfig, credential: Credential): Entry => {
    const kept = entries.get(key);
    if (kept === undefined) makeRoom();
    const own = createCredential(credential.token(), credential.principal());
    const entry = kept ?? { opening: open(server, own), credential: own, leases: 0 };
    renewWithNewer(entry.credential, credential);
    entries.delete(key);
    entries.set(key, entry);
    clearTimeout(entry.idleTimer);
    entry.leases += 1;
    return entry;
  };

  const release = (key: string, entry: Entry): void => {
    entry.leases -= 1;
    if (entry.leases > 0) return;
    if (entries.get(key) !== entry) {
      void closeClient(entry);
      return;
    }
    entry.idleTimer = setTimeout(() => {
      retire(key, entry);
      void closeClient(entry);
    }, idleMs).unref();
  };

  return {
    async lend({ server, credential, use, isBroken }) {
      const key = `${authorityKey(credential.principal())} ${server.name}`;
      const entry = lease(key, server, credential);
      try {
        return await use(await entry.opening);
      } catch (error) {
        if (isBroken(error)) {
          discoveries.delete(server.name);
          retire(key, entry);
        }
        throw error;
      } finally {
        release(key, entry);
      }
    },
    size: () => entries.size,
    async close() {
      const open = [...entries];
      for (const [key, entry] of open) retire(key, entry);
      await Promise.all(open.map(([, entry]) => closeClient(entry)));
    },
  };
}

function renewWithNewer(kept: Credential, offered: Credential): void {
  if (offered.principal().expiresAt > kept.principal().expiresAt) kept.renew(offered.token(), offered.principal());
}

async function closeClient(entry: Entry): Promise<void> {
  // A client that never opened has nothing to close; who asked for it was told why.
  const client = await entry.opening.catch(() => undefined);
  await client?.close();
}
