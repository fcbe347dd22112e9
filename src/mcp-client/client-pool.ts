/**
 * Keeps one connected client for each authority and server, and for each thread where the server keeps sessions:
 * shared while connecting, leased while in use, closed when idle.
 */
import type { Client } from '@modelcontextprotocol/client';
import { authorityKey } from '../auth/principal.js';
import type { McpServerConfig } from '../config/mcp-servers.js';
import type { Logger } from '../logger.js';
import type { Lease } from './client-leases.js';
import { createClientLeases } from './client-leases.js';
import { createClientOpener } from './client-opener.js';
import type { Credential } from './credential.js';
import { createProcessClients } from './process-clients.js';
import { watchEnd } from './watch-end.js';

/** What {@link createClientPool} is made of. */
export interface ClientPoolOptions {
  /** The most clients kept at once; beyond it the one idle longest is closed. 1 to 100 000; default 1000. */
  readonly maxClients?: number | undefined;
  /** The same for the processes of `stdio` servers; 1 to 10 000; default 64. */
  readonly maxProcesses?: number | undefined;
  /** How long a client may stay unused before it is closed, in milliseconds; default 900 000. */
  readonly idleMs?: number | undefined;
  /** The `fetch` underneath; the global one when left out. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** The time in milliseconds since the epoch, for exchanged tokens and new starts; default `Date.now`. */
  readonly clock?: (() => number) | undefined;
  /** Where the stderr of `stdio` servers goes; nowhere when left out. */
  readonly logger?: Logger | undefined;
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

/** Who needs a client of which server. */
export interface Borrower {
  readonly server: McpServerConfig;
  readonly credential: Credential;
  /** The conversation: a session is never shared by two. Those who name none share one. */
  readonly thread?: string | undefined;
}

/** One use of a client. */
export interface Loan<Result> extends Borrower {
  readonly use: (client: Client) => Promise<Result>;
  /** Tells whether an error means that the connection must not be used again. */
  readonly isBroken: (error: unknown) => boolean;
}

/** Creates an empty pool. A failed connection is not kept: the next loan connects anew. */
export function createClientPool(options: ClientPoolOptions = {}): ClientPool {
  const { maxClients = 1000, maxProcesses = 64, idleMs = 900_000, clock } = options;
  const opener = createClientOpener(options);
  const connections = createClientLeases({ maxClients, idleMs });
  const processes = createProcessClients({ maxProcesses, idleMs, clock });

  const keyOf = (borrower: Borrower): string => toKey(borrower, opener.keepsSessions(borrower.server));

  const take = (borrower: Borrower): Lease => {
    const { server, credential } = borrower;
    const open = () => opener.open(server, credential);
    if (server.type === 'stdio')
      return processes.take(keyOf(borrower), { server, credential, open: () => open().opening });
    const lease = connections.take(keyOf(borrower), () => {
      const kept = open();
      return { ...kept, opening: kept.opening.then((client) => watchEnd(client, () => lease.retire())) };
    });
    lease.credential.renew(credential.token(), credential.principal());
    return lease;
  };

  const borrow = async (borrower: Borrower): Promise<OpenLease> => {
    const lease = take(borrower);
    // Whatever the reason, a client that did not open is never lent again.
    lease.opening.catch(lease.retire);
    const client = await lease.opening.catch((error: unknown) => {
      // What was known of the server may be why it did not open.
      opener.forget(borrower.server);
      lease.release();
      throw error;
    });
    // A server whose first client turned out to be a session gives one thread that client, and each other its own.
    if (lease.moveTo(keyOf(borrower))) return { lease, client };
    lease.release();
    return borrow(borrower);
  };

  return {
    async lend({ use, isBroken, ...borrower }) {
      const { lease, client } = await borrow(borrower);
      try {
        return await opener.runAs(borrower.credential, () => use(client));
      } catch (error) {
        if (isBroken(error)) {
          opener.forget(borrower.server);
          lease.retire();
        }
        throw error;
      } finally {
        lease.release();
      }
    },
    size: () => connections.size() + processes.size(),
    async close() {
      await Promise.all([connections.close(), processes.close()]);
      await opener.close();
    },
  };
}

function toKey({ server, credential, thread = '' }: Borrower, isForThread: boolean): string {
  const isForAll = server.type === 'stdio' && server.shared;
  const holder = isForAll ? '' : authorityKey(credential.principal());
  return JSON.stringify([server.name, holder, isForThread ? thread : '']);
}

interface OpenLease {
  readonly lease: Lease;
  readonly client: Client;
}
