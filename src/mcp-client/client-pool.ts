/** Keeps one connected client for each authority and server: shared while connecting, leased while in use, closed when idle. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Client, PriorDiscovery } from '@modelcontextprotocol/client';
import { createExchangedTokens } from '../auth/exchanged-tokens.js';
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
  /** The time in milliseconds since the epoch, for the life of exchanged tokens; default `Date.now`. */
  readonly clock?: (() => number) | undefined;
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
  const { maxClients = 1000, idleMs = 900_000, fetch, clock } = options;
  const leases = createClientLeases({ maxClients, idleMs });
  const discoveries = new Map<string, PriorDiscovery>();
  // One for all clients, so that connecting, listing and calling share what was exchanged.
  const exchanged = createExchangedTokens({ fetch, clock });
  // A request uses the credential of the run that makes it, also when another run of the same person opened the client.
  const caller = new AsyncLocalStorage<Credential>();

  const open = async (server: McpServerConfig, credential: Credential): Promise<Client> => {
    const prior = discoveries.get(server.name);
    const opened = await openClient(server, { credential, exchanged, fetch, prior });
    if (opened.discovery !== undefined) discoveries.set(server.name, opened.discovery);
    return opened.client;
  };

  const take = (server: McpServerConfig, credential: Credential): Lease => {
    const key = `${authorityKey(credential.principal())} ${server.name}`;
    const lease = leases.take(key, () => {
      const kept = createCredential(credential.token(), credential.principal());
      const now = (): Credential => caller.getStore() ?? kept;
      const own: Credential = {
        principal: () => now().principal(),
        token: () => now().token(),
        renew: (token, principal) => {
          now().renew(token, principal);
        },
        refuse: (token) => now().refuse(token),
      };
      return { opening: caller.run(credential, () => open(server, own)), credential: kept };
    });
    lease.credential.renew(credential.token(), credential.principal());
    return lease;
  };

  return {
    async lend({ server, credential, use, isBroken }) {
      const lease = take(server, credential);
      // Whatever the reason, a client that did not open is never lent again.
      lease.opening.catch(lease.retire);
      try {
        const client = await lease.opening;
        return await caller.run(credential, () => use(client));
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
