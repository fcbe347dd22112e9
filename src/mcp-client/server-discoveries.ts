/** What clients have found out about servers, so that the next one need not ask. */
import type { PriorDiscovery } from '@modelcontextprotocol/client';
import type { McpServerConfig } from '../config/mcp-servers.js';

/** What one client found out. */
export interface Found {
  readonly discovery: PriorDiscovery | undefined;
  /** Whether the server keeps a session for each client. */
  readonly isSession: boolean;
}

/** What is known of servers, by their names. */
export interface ServerDiscoveries {
  /** In which era a server is spoken to; undefined when it has to be asked. */
  priorOf(server: McpServerConfig): PriorDiscovery | undefined;
  /** Notes what a client found out; `prior` is what it was told before, which does not last longer for that. */
  learn(server: McpServerConfig, found: Found, prior: PriorDiscovery | undefined): void;
  /** Lets the next client ask anew. */
  forget(server: McpServerConfig): void;
  keepsSessions(server: McpServerConfig): boolean;
}

/** How long a server is taken for one of the older era without being asked, in milliseconds: it may be renewed meanwhile. */
const legacyMs = 600_000;

interface Known {
  readonly prior: PriorDiscovery;
  readonly endsAt: number;
}

/**
 * Creates an empty memory. A server of the newer era is known until it refuses what that era asks; one of the older era
 * is asked again after ten minutes, and a process never, since it stays what it is.
 */
export function createServerDiscoveries(): ServerDiscoveries {
  // Bounded by the number of configured servers.
  const known = new Map<string, Known>();
  const sessionServers = new Set<string>();
  return {
    priorOf({ name }) {
      const { prior, endsAt = 0 } = known.get(name) ?? {};
      return endsAt > performance.now() ? prior : undefined;
    },
    learn({ name, type }, { discovery, isSession }, prior) {
      if (isSession) sessionServers.add(name);
      if (discovery === undefined || discovery.kind === prior?.kind) return;
      const lastsMs = discovery.kind === 'legacy' && type !== 'stdio' ? legacyMs : Infinity;
      known.set(name, { prior: discovery, endsAt: performance.now() + lastsMs });
    },
    forget: ({ name }) => void known.delete(name),
    keepsSessions: ({ name, type }) => type === 'sse' || sessionServers.has(name),
  };
}
