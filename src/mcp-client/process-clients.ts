/** The clients of `stdio` servers: few, and none started over and over. */
import type { Client } from '@modelcontextprotocol/client';
import { ProtocolError } from '@modelcontextprotocol/client';
import type { McpServerConfig } from '../config/mcp-servers.js';
import { OutcomeError } from '../outcomes.js';
import { unavailableMessage } from './call-failure.js';
import type { Lease } from './client-leases.js';
import { createClientLeases } from './client-leases.js';
import { createRespawnBackoff } from './respawn-backoff.js';
import { watchEnd } from './watch-end.js';

/** What {@link createProcessClients} is made of. */
export interface ProcessClientsOptions {
  /** The most processes kept at once; beyond it the one idle longest is stopped. */
  readonly maxProcesses: number;
  /** How long a process may stay unused before it is stopped, in milliseconds. */
  readonly idleMs: number;
  /** The time in milliseconds, for new starts; default `Date.now`. */
  readonly clock?: (() => number) | undefined;
}

/** How one process is started. */
export interface ProcessStart {
  readonly server: Pick<McpServerConfig, 'name'>;
  readonly open: () => Promise<Client>;
}

/** A bounded set of clients, each with a process. */
export interface ProcessClients {
  /**
   * Gives the client under `key`, started when there is none. It rejects with `unavailable` when the process does not
   * become ready, and at once while one that keeps ending must wait.
   */
  take(key: string, start: ProcessStart): Lease;
  size(): number;
  /** Stops every process; none is started again by itself. */
  close(): Promise<void>;
}

/** Creates an empty set. */
export function createProcessClients(options: ProcessClientsOptions): ProcessClients {
  const { maxProcesses, idleMs, clock = Date.now } = options;
  const leases = createClientLeases({ maxClients: maxProcesses, idleMs });
  const respawns = createRespawnBackoff(clock);

  const begin = async (
    key: string,
    { server, open }: ProcessStart,
    retire: () => boolean,
  ): Promise<Client> => {
    respawns.require(key, server.name);
    const startedAt = clock();
    const noteEnd = (): void => {
      respawns.ended(key, clock() - startedAt);
    };
    const client = await open().catch((error: unknown) => {
      noteEnd();
      throw toStartFailure(error, server.name);
    });
    return watchEnd(client, () => {
      // One that was taken out before was stopped on purpose.
      if (retire()) noteEnd();
    });
  };

  return {
    take(key, start) {
      const lease: Lease = leases.take(key, () => ({
        opening: begin(key, start, () => lease.retire()),
        // What goes to a process carries no credential.
        useAs: () => undefined,
      }));
      return lease;
    },
    size: leases.size,
    close: leases.close,
  };
}

/** Nothing was asked of a process that was never ready, whatever went wrong with it. */
function toStartFailure(error: unknown, server: string): unknown {
  if (error instanceof ProtocolError) return error;
  return new OutcomeError({ outcome: 'unavailable', message: unavailableMessage(server) }, { cause: error });
}
