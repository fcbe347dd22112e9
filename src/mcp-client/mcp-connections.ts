/** What all runs of a process share of the MCP side: the servers, their clients, and what each person is offered. */
import type { McpServerConfig } from '../config/mcp-servers.js';
import type { Logger } from '../logger.js';
import { silentLogger } from '../logger.js';
import type { ClientPool, ClientPoolOptions } from './client-pool.js';
import { createClientPool } from './client-pool.js';
import type { LastAnswers } from './last-answers.js';
import { createLastAnswers } from './last-answers.js';
import type { McpObserver } from './mcp-observer.js';
import { silentObserver } from './mcp-observer.js';
import { watchRefusals } from './refusal-watch.js';
import type { ToolLists, ToolListsOptions } from './tool-lists.js';
import { createToolLists } from './tool-lists.js';

/** What {@link createMcpConnections} is made of. */
export interface McpConnectionsOptions {
  readonly servers: readonly McpServerConfig[];
  readonly logger?: Logger | undefined;
  /** Told what happens; must not throw. */
  readonly observer?: McpObserver | undefined;
  /** The time in milliseconds since the epoch; default `Date.now`. */
  readonly clock?: (() => number) | undefined;
  /** Bounds of the clients. */
  readonly clients?: Omit<ClientPoolOptions, 'logger' | 'observer' | 'clock' | 'onToolsChanged'> | undefined;
  /** Bounds of the lists. */
  readonly lists?: Pick<ToolListsOptions, 'maxAgeMs' | 'maxPersons' | 'idleMs'> | undefined;
}

/** The MCP side of a process. Agents that share it ask a server once for all of them, and know alike how it is. */
export interface McpConnections {
  readonly servers: readonly McpServerConfig[];
  readonly pool: ClientPool;
  readonly lists: ToolLists;
  /** What each person last met at each server. */
  readonly lastAnswers: LastAnswers;
  readonly observer: McpObserver;
  /** Closes every client, ends the sessions and stops the processes; safe to call twice. */
  close(): Promise<void>;
}

/** Creates the MCP side of a process. Nothing is connected before it is needed. */
export function createMcpConnections(options: McpConnectionsOptions): McpConnections {
  const { servers, logger = silentLogger, observer = silentObserver, clock, clients } = options;
  const lastAnswers = createLastAnswers({ clock });
  const onToolsChanged: ClientPoolOptions['onToolsChanged'] = (server, principal) => {
    lists.changed(server, principal);
  };
  const bare = createClientPool({ ...clients, logger, observer, clock, onToolsChanged });
  const pool = lastAnswers.watch(watchRefusals(bare, observer));
  const lists = createToolLists({ ...options.lists, pool, logger, observer, clock });
  return { servers, pool, lists, lastAnswers, observer, close: pool.close };
}
