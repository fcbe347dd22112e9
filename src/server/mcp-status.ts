/** `GET /mcp/status`: the caller’s own view of the MCP servers, measured when it is asked for. No secrets. */
import { Hono } from 'hono';
import type { McpServerConfig } from '../config/mcp-servers.js';
import type { ClientPool } from '../mcp-client/client-pool.js';
import type { Credential } from '../mcp-client/credential.js';
import { createCredential } from '../mcp-client/credential.js';
import { loadLiveTools } from '../mcp-client/live-tool.js';
import type { BreakerState } from '../mcp-client/server-breaker.js';
import { isOutcomeError } from '../outcomes.js';
import type { OutcomeName } from '../outcomes.js';
import { isAuthenticatedUser } from './authenticated-user.js';

/** One server as its caller sees it. */
export interface ServerStatus {
  readonly name: string;
  /** `up`, or why not. */
  readonly state: 'up' | OutcomeName;
  readonly required: boolean;
  /** RFC 3339 times of this process; null before the first. */
  readonly lastSuccess: string | null;
  readonly lastFailure: string | null;
  /** Whether requests are made to it now, for everybody. */
  readonly breaker: BreakerState;
  /** How long this listing took; null when it failed. */
  readonly latencyMs: number | null;
  readonly tools: readonly string[];
}

/** What the LangGraph server puts in the context of every route it has authenticated. */
export interface AuthenticatedRoutes {
  readonly Variables: { readonly auth: { readonly user: object } };
}

/** What {@link createMcpStatus} asks. */
export interface McpStatusOptions {
  readonly servers: readonly McpServerConfig[];
  readonly pool: ClientPool;
  /** The most persons whose times are remembered; beyond it the one who asked longest ago goes. Default 1000. */
  readonly maxPersons?: number | undefined;
}

interface Times {
  lastSuccess: string | null;
  lastFailure: string | null;
}

/** Creates the route. It lists every server’s tools with the caller’s own token, all side by side. */
export function createMcpStatus(options: McpStatusOptions): Hono<AuthenticatedRoutes> {
  const { servers, pool, maxPersons = 1000 } = options;
  const timesOf = createTimes(maxPersons);

  const ask = async (
    server: McpServerConfig,
    credential: Credential,
    times: Map<string, Times>,
  ): Promise<ServerStatus> => {
    const known = times.get(server.name) ?? { lastSuccess: null, lastFailure: null };
    times.set(server.name, known);
    const { name, required } = server;
    const startedAt = performance.now();
    try {
      const tools = (await loadLiveTools({ server, credential, pool })).map((tool) => tool.name);
      known.lastSuccess = new Date().toISOString();
      const latencyMs = Math.round(performance.now() - startedAt);
      return { name, state: 'up', required, ...known, breaker: pool.breaker(name), latencyMs, tools };
    } catch (error) {
      known.lastFailure = new Date().toISOString();
      const state = isOutcomeError(error) ? error.failure.outcome : 'contract';
      return { name, state, required, ...known, breaker: pool.breaker(name), latencyMs: null, tools: [] };
    }
  };

  const app = new Hono<AuthenticatedRoutes>();
  app.get('/mcp/status', async (context) => {
    const { user } = context.get('auth');
    if (!isAuthenticatedUser(user)) return context.json({ error: 'unauthorized' }, 401);
    const { subject, organization, expiresAt } = user.principal();
    const credential = createCredential(user.token(), user.principal());
    const times = timesOf(user.identity);
    return context.json({
      principal: { subject, org: organization ?? null },
      token: { expiresAt: new Date(expiresAt * 1000).toISOString() },
      servers: await Promise.all(servers.map((server) => ask(server, credential, times))),
    });
  });
  return app;
}

/** Keeps when each server answered each person: one’s failures say nothing to another. */
function createTimes(maxPersons: number): (identity: string) => Map<string, Times> {
  const persons = new Map<string, Map<string, Times>>();
  return (identity) => {
    const times = persons.get(identity) ?? new Map<string, Times>();
    // Taken out first, so that the map’s order is that of asking.
    persons.delete(identity);
    persons.set(identity, times);
    const [oldest] = persons.keys();
    if (persons.size > maxPersons && oldest !== undefined) persons.delete(oldest);
    return times;
  };
}
