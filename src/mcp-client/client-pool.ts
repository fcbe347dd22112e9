/**
 * Keeps one connected client for each authority and server, and for each thread where the server keeps sessions:
 * shared while connecting, leased while in use, closed soon after. Of an idle person no more is kept than their
 * session’s name.
 */
import type { Client, Tool } from '@modelcontextprotocol/client';
import { createAuthorityKeys } from '../auth/principal.js';
import type { McpServerConfig } from '../config/mcp-servers.js';
import type { Lease } from './client-leases.js';
import { createConnectionClients } from './client-connections.js';
import type { ClientOpenerOptions } from './client-opener.js';
import { createClientOpener } from './client-opener.js';
import type { Credential } from './credential.js';
import { lendClient } from './lend-client.js';
import { silentObserver } from './mcp-observer.js';
import { createProcessClients } from './process-clients.js';
import type { SchemaValidators } from './schema-validators.js';
import type { BreakerState } from './server-breaker.js';
import { keepUsableTools } from './usable-tools.js';

/** What {@link createClientPool} is made of. */
export interface ClientPoolOptions extends ClientOpenerOptions {
  /** The most clients kept at once, and the most sessions without one; beyond it the one idle longest goes. 1 to 100 000; default 10 000. */
  readonly maxClients?: number | undefined;
  /** The same for the processes of `stdio` servers; 1 to 10 000; default 64. */
  readonly maxProcesses?: number | undefined;
  /**
   * How long a client over HTTP may stay unused before it is closed, and its listening stream with it, in milliseconds;
   * 0 to 2000, default 2000. The next use goes on with the same session, without a request.
   */
  readonly lingerMs?: number | undefined;
  /** How long a session, a process or a connection of the older transport may stay unused, in milliseconds; default 900 000. */
  readonly idleMs?: number | undefined;
}

/** Lends connected clients. */
export interface ClientPool {
  /**
   * Runs `use` with the connected client of this principal and server, connecting when needed.
   * A client whose use failed is not lent again when `isBroken` says so. A use that met an ended session, or was
   * refused for its version, is made once more with a new one, see `lendClient`.
   *
   * @see MCP 2025-11-25, "Session Management"
   */
  lend<Result>(loan: Loan<Result>): Promise<Result>;
  /** The state of a server’s circuit breaker, which all people share. */
  breaker(server: string): BreakerState;
  /** What results are checked with. */
  readonly validators: SchemaValidators;
  /** Keeps of a server’s list the tools that can be used; the operator is told of the others. */
  keepUsable(server: string, tools: readonly Tool[]): Tool[];
  /** How many clients are open now. */
  size(): number;
  /** How many sessions are kept whose client is closed. */
  sessions(): number;
  /** Closes every client and ends every session; safe to call twice. */
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
  /** Uses the client, within so many milliseconds. */
  readonly use: (client: Client, timeoutMs: number) => Promise<Result>;
  /** Whether it may be made again when it fails for a reason that passes, all within `callTimeoutMs`; default false. */
  readonly isRead?: boolean | undefined;
  /** Ends every wait; the use has to heed it itself. */
  readonly signal?: AbortSignal | undefined;
  /** Tells whether an error means that the connection must not be used again. */
  readonly isBroken: (error: unknown) => boolean;
}

const maxLingerMs = 2000;

/** Creates an empty pool. A failed connection is not kept: the next loan connects anew. */
export function createClientPool(options: ClientPoolOptions = {}): ClientPool {
  const {
    maxClients = 10_000,
    maxProcesses = 64,
    idleMs = 900_000,
    clock,
    observer = silentObserver,
  } = options;
  const lingerMs = Math.min(options.lingerMs ?? maxLingerMs, maxLingerMs);
  const opener = createClientOpener(options);
  const { healthOf, validators } = opener;
  const connections = createConnectionClients({ opener, maxClients, lingerMs, idleMs });
  const processes = createProcessClients({ maxProcesses, idleMs, clock });

  const authorityOf = createAuthorityKeys();
  const keyOf = ({ server, credential, thread = '' }: Borrower): string => {
    const isForAll = server.type === 'stdio' && server.shared;
    const holder = isForAll ? '' : authorityOf(credential.principal());
    return JSON.stringify([server.name, holder, opener.keepsSessions(server) ? thread : '']);
  };

  const take = (borrower: Borrower): Lease => {
    const { server, credential } = borrower;
    const key = keyOf(borrower);
    if (server.type !== 'stdio') return connections.take(key, { server, credential });
    const open = () => opener.open(server, credential).opening;
    return processes.take(key, { server, open });
  };

  const lendWithin = <Result>(loan: Loan<Result>, timeoutMs: number): Promise<Result> =>
    lendClient({
      take: () => take(loan),
      placeOf: () => keyOf(loan),
      use: (client) => loan.use(client, timeoutMs),
      signal: loan.signal,
      onSessionEnded: () => {
        observer({ server: loan.server.name, kind: 'session-renewed' });
      },
      isBroken: (error) => loan.isBroken(error) && opener.forgetAfter(error, loan.server),
    });

  return {
    async lend(loan) {
      const { server, isRead = false, signal } = loan;
      if (!isRead) return lendWithin(loan, server.callTimeoutMs);
      const read = (leftMs: number): ReturnType<typeof loan.use> => lendWithin(loan, Math.ceil(leftMs));
      return healthOf(server.name).retry({ read, timeoutMs: server.callTimeoutMs, signal });
    },
    breaker: (server) => healthOf(server).breaker.state(),
    validators,
    keepUsable: (server, tools) => keepUsableTools(tools, validators, healthOf(server).onToolDropped),
    size: () => connections.size() + processes.size(),
    sessions: connections.sessions,
    async close() {
      opener.giveUp();
      await Promise.all([connections.close(), processes.close()]);
      await opener.close();
    },
  };
}
