/** What all connections to one server share about how it is: its breaker, and how much it may be asked again. */
import type { LogFields, Logger } from '../logger.js';
import type { McpObserver } from './mcp-observer.js';
import type { ReadRetryOptions, RetriedRead } from './read-retries.js';
import { retryRead } from './read-retries.js';
import { createRetryBudget } from './retry-budget.js';
import type { BreakerOptions, ServerBreaker } from './server-breaker.js';
import { createServerBreaker } from './server-breaker.js';
import type { DroppedTool } from './usable-tools.js';

/** Different warnings about one server; beyond it none is told. */
const maxTold = 100;

/** How failures are met. */
export interface ServerHealthOptions {
  readonly breaker?: BreakerOptions | undefined;
  readonly retries?: Omit<ReadRetryOptions, 'budget' | 'onRepeat'> | undefined;
}

/** The shared state of one server. */
export interface ServerHealth {
  readonly breaker: ServerBreaker;
  /** Makes a read as {@link retryRead} does, from the server’s own budget. */
  retry<Result>(read: RetriedRead<Result>): Promise<Result>;
  /** Notes that the server refuses the listening stream; told once for each status. */
  readonly onListenRefused: (status: number) => void;
  /** Notes a tool that was left out; told once for each name and fault. */
  readonly onToolDropped: (dropped: DroppedTool) => void;
}

type Options = ServerHealthOptions & { readonly logger: Logger; readonly observer: McpObserver };

/** Creates the function that gives a server’s state by its name, the same at every time; at first nothing bad is known. */
export function createServerHealths(options: Options): (server: string) => ServerHealth {
  // Bounded by the number of configured servers.
  const healths = new Map<string, ServerHealth>();
  return (server) => {
    const health = healths.get(server) ?? createServerHealth(server, options);
    healths.set(server, health);
    return health;
  };
}

function createServerHealth(server: string, options: Options): ServerHealth {
  const { logger, observer, breaker, retries } = options;
  const budget = createRetryBudget();
  const told = new Set<string>();
  const tellOnce = (event: string, fields: LogFields): void => {
    const key = JSON.stringify([event, fields]);
    // A server that makes up new names for ever fills no memory and no log.
    if (told.has(key) || told.size >= maxTold) return;
    told.add(key);
    logger.warn(event, { server, ...fields });
  };
  const onRepeat = (): void => {
    observer({ server, kind: 'read-repeated' });
  };
  return {
    breaker: createServerBreaker(server, {
      ...breaker,
      onChange: (state) => {
        observer({ server, kind: 'breaker-changed', state });
        breaker?.onChange?.(state);
      },
    }),
    retry: (read) => retryRead(read, { ...retries, budget, onRepeat }),
    onListenRefused: (status) => {
      tellOnce('mcp.listen.refused', { status });
    },
    onToolDropped: (dropped) => {
      tellOnce('mcp.tool.dropped', { ...dropped });
    },
  };
}
