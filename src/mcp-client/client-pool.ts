/** Keeps one connected client a (principal, server): shared while connecting, leased while in use, closed when idle. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Client, PriorDiscovery } from '@modelcontextprotocol/client';
import { authorityKey } from '../auth/principal.js';
import type { McpServerConfig } from '../config/mcp-servers.js';
import type { Credential } from './credential.js';
import type { Lease } from './client-leases.js';
import { createClientLeases } from './client-leases.js';
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

/** Creates an empty pool. A failed connection is not kept: the next loan connects anew. */
export function createClientPool(options: ClientPoolOptions = {}): ClientPool {
  const { maxClients = 1000, idleMs = 900_000, fetch } = options;
  const leases = createClientLeases({ maxClients, idleMs });
  const discoveries = new Map<string, PriorDiscovery>();
  // A request carries the token of the run that makes it, also when another run of the same person opened the client.
  const caller = new AsyncLocalStorage<Credential>();

  const open = async (server: McpServerConfig, credential: Credential): Promise<Client> => {
    const opened = await openClient(server, { credential, fetch, prior: discoveries.get(server.name) });
    if (opened.discovery !== undefined) discoveries.set(server.name, opened.discovery);
    return opened.client;
  };

  const take = (server: McpServerConfig, credential: Credential): Lease => {
    const key = `${authorityKey(credential.principal())} ${server.name}`;
    const lease = leases.take(key, () => {
      const newest = createCredential(credential.token(), credential.principal());
      const own: Credential = {
        ...newest,
        principal: () => (caller.getStore() ?? newest).principal(),
        token: () => (caller.getStore() ?? newest).token(),
      };
      return { opening: open(server, own), credential: newest };
    });
    renewWithNewer(lease.credential, credential);
    return lease;
  };

  return {
    async lend({ server, credential, use, isBroken }) {
      const lease = take(server, credential);
      // Whatever the reason, a client that did not open is never lent again.
      lease.opening.catch(lease.retire);
      try {
        const client = await lease.opening;
        return await caller.run(createCredential(credential.token(), credential.principal()), () =>
          use(client),
        );
      } catch (error) {
        if (isBroken(error)) {
          discoveries.delete(server.name);
          lease.retire();
        }
        throw error;
      } finally {
        lease.release();
      }
    },
    size: leases.size,
    close: leases.close,
  };
}

function renewWithNewer(kept: Credential, offered: Credential): void {
  if (offered.principal().expiresAt > kept.principal().expiresAt)
    kept.renew(offered.token(), offered.principal());
}
