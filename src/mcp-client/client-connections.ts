/** The clients of servers over HTTP: open while they are used; of an idle person no more than a session’s name is left. */
import type { HttpMcpServerConfig } from '../config/mcp-servers.js';
import type { KeptClient, Lease } from './client-leases.js';
import { closeClient, createClientLeases } from './client-leases.js';
import type { ClientOpener, OpeningClient, WaitingSession } from './client-opener.js';
import type { ClientSessions } from './client-sessions.js';
import { createClientSessions } from './client-sessions.js';
import type { Credential } from './credential.js';
import { watchEnd } from './watch-end.js';

/** What {@link createConnectionClients} is made of; times in milliseconds. */
export interface ConnectionClientsOptions {
  readonly opener: Pick<ClientOpener, 'open' | 'endSession'>;
  /** The most clients open at once, and the most sessions without one; beyond it the one idle longest goes. */
  readonly maxClients: number;
  /** How long a client stays open without use whose place another may take; any other stays for `idleMs`. */
  readonly lingerMs: number;
  /** How long a session is kept without use. */
  readonly idleMs: number;
}

/** Who needs a client. */
export interface ConnectionStart {
  readonly server: HttpMcpServerConfig;
  readonly credential: Credential;
}

/** A bounded set of clients. */
export interface ConnectionClients {
  /** Gives the client under `key`, opened when there is none, with the session that was left there. */
  take(key: string, start: ConnectionStart): Lease;
  /** How many clients are open. */
  size(): number;
  /** How many sessions are kept whose client is closed. */
  sessions(): number;
  /** Closes every client and ends every session; safe to call twice. */
  close(): Promise<void>;
}

/** Creates an empty set. */
export function createConnectionClients(options: ConnectionClientsOptions): ConnectionClients {
  const { opener, maxClients, lingerMs, idleMs } = options;
  const leases = createClientLeases({ maxClients, idleMs });
  const sessions = createClientSessions({ maxSessions: maxClients, idleMs, end: opener.endSession });
  return {
    take(key, { server, credential }) {
      const lease = leases.take(key, () =>
        keepClient(opener.open(server, credential, sessions.take(key)), {
          ...{ sessions, lingerMs, idleMs },
          onEnd: () => lease.retire(),
        }),
      );
      lease.useAs(credential);
      return lease;
    },
    size: leases.size,
    sessions: sessions.size,
    async close() {
      await Promise.all([leases.close(), sessions.close()]);
    },
  };
}

interface Keeping {
  readonly sessions: ClientSessions<WaitingSession>;
  readonly lingerMs: number;
  readonly idleMs: number;
  /** Told when the client can be used no more. */
  readonly onEnd: () => void;
}

function keepClient(client: OpeningClient, { sessions, lingerMs, idleMs, onEnd }: Keeping): KeptClient {
  const opening = client.opening.then((open) => watchEnd(open, onEnd));
  return {
    opening,
    useAs: client.useAs,
    idleMs: () => (client.isOwedAnswer() ? 0 : client.isReplaceable() ? lingerMs : idleMs),
    rest(key) {
      const session = client.leave();
      if (session !== undefined) sessions.put(key, session);
      return closeClient({ opening });
    },
  };
}
