/** Opens the clients of a pool, with what was learned from those opened before. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Client, PriorDiscovery } from '@modelcontextprotocol/client';
import { createExchangedTokens } from '../auth/exchanged-tokens.js';
import type { McpServerConfig } from '../config/mcp-servers.js';
import type { Logger } from '../logger.js';
import { silentLogger } from '../logger.js';
import type { KeptClient } from './client-leases.js';
import type { Credential } from './credential.js';
import { createCredential } from './credential.js';
import { openClient } from './open-client.js';
import type { SchemaValidators } from './schema-validators.js';
import { createSchemaValidators } from './schema-validators.js';
import type { ServerHealth, ServerHealthOptions } from './server-health.js';
import { createServerHealths } from './server-health.js';
import { createServerProcesses } from './server-processes.js';
import type { TransportOptions } from './transport.js';

/** What {@link createClientOpener} is made of. */
export interface ClientOpenerOptions {
  /** The `fetch` underneath; the global one when left out. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** The time in milliseconds since the epoch, for exchanged tokens and new starts; default `Date.now`. */
  readonly clock?: (() => number) | undefined;
  /** Told what is wrong with a server and no outcome of a call, and what `stdio` servers print; silent when left out. */
  readonly logger?: Logger | undefined;
  /** When breakers open and how often reads are repeated. */
  readonly health?: ServerHealthOptions | undefined;
  /** Bounds that a server’s entry does not set; for tests. */
  readonly limits?: TransportOptions['limits'];
}

/** Opens clients. */
export interface ClientOpener {
  /** Begins to connect. The client’s requests carry the credential of whoever makes them, see {@link runAs}. */
  open(server: McpServerConfig, credential: Credential): KeptClient;
  /** Runs `work`, whose requests carry this credential. */
  runAs<Result>(credential: Credential, work: () => Promise<Result>): Promise<Result>;
  /** Whether a server keeps a session for each client, as far as is known. */
  keepsSessions(server: McpServerConfig): boolean;
  /** The state of a server by its name, which all people share. */
  healthOf(server: string): ServerHealth;
  /** What schemas are compiled with, for all clients. */
  readonly validators: SchemaValidators;
  /** Lets the next client learn anew how a server is spoken to. */
  forget(server: McpServerConfig): void;
  /** Stops every process that a client was opened on, also those whose client did not become ready. */
  close(): Promise<void>;
}

/** Creates an opener that knows no server yet. */
export function createClientOpener(options: ClientOpenerOptions): ClientOpener {
  const { fetch, clock, logger = silentLogger, limits } = options;
  const validators = createSchemaValidators();
  const healthOf = createServerHealths({ logger, ...options.health });
  const processes = createServerProcesses();
  const discoveries = new Map<string, PriorDiscovery>();
  const sessionServers = new Set<string>();
  // One for all clients, so that connecting, listing and calling share what was exchanged.
  const exchanged = createExchangedTokens({ fetch, clock });
  // A request uses the credential of the run that makes it, also when another run of the same person opened the client.
  const caller = new AsyncLocalStorage<Credential>();

  const connect = async (server: McpServerConfig, credential: Credential): Promise<Client> => {
    const prior = discoveries.get(server.name);
    const shared = { exchanged, fetch, processes, logger, limits, validators };
    const opened = await openClient(server, { ...shared, ...healthOf(server.name), credential, prior });
    if (opened.discovery !== undefined) discoveries.set(server.name, opened.discovery);
    if (opened.isSession) sessionServers.add(server.name);
    return opened.client;
  };

  return {
    open(server, credential) {
      const kept = createCredential(credential.token(), credential.principal());
      const own = followCaller(() => caller.getStore() ?? kept);
      return { opening: caller.run(credential, () => connect(server, own)), credential: kept };
    },
    runAs: (credential, work) => caller.run(credential, work),
    keepsSessions: ({ name, type }) => type === 'sse' || sessionServers.has(name),
    healthOf,
    validators,
    forget: ({ name }) => void discoveries.delete(name),
    close: processes.stop,
  };
}

/** The credential of whoever makes the request that is running. */
function followCaller(now: () => Credential): Credential {
  return {
    principal: () => now().principal(),
    token: () => now().token(),
    renew: (token, principal) => {
      now().renew(token, principal);
    },
    refuse: (token) => now().refuse(token),
  };
}
