/** `GET /mcp/status`: the caller’s own view of the MCP servers, measured when it is asked for. No secrets. */
import { Hono } from 'hono';
import type { McpServerConfig } from '../config/mcp-servers.js';
import type { ClientPool } from '../mcp-client/client-pool.js';
import type { Credential } from '../mcp-client/credential.js';
import { createCredential } from '../mcp-client/credential.js';
import { loadLiveTools } from '../mcp-client/live-tool.js';
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
  /** No circuit breaker stands before a server in this release. */
  readonly breaker: null;
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
}

/** Creates the route. It lists every server’s tools with the caller’s own token, all side by side. */
export function createMcpStatus({ servers, pool }: McpStatusOptions): Hono<AuthenticatedRoutes> {
  const times = new Map<string, { lastSuccess: string | null; lastFailure: string | null }>();

  const ask = async (server: McpServerConfig, credential: Credential): Promise<ServerStatus> => {
    const known = times.get(server.name) ?? { lastSuccess: null, lastFailure: null };
    times.set(server.name, known);
    const { name, required } = server;
    const startedAt = performance.now();
    try {
      const tools = (await loadLiveTools({ server, credential, pool })).map((tool) => tool.name);
      known.lastSuccess = new Date().toISOString();
      const latencyMs = Math.round(performance.now() - startedAt);
      return { name, state: 'up', required, ...known, breaker: null, latencyMs, tools };
    } catch (error) {
      known.lastFailure = new Date().toISOString();
      const state = isOutcomeError(error) ? error.failure.outcome : 'contract';
      return { name, state, required, ...known, breaker: null, latencyMs: null, tools: [] };
    }
  };

  const app = new Hono<AuthenticatedRoutes>();
  app.get('/mcp/status', async (context) => {
    const { user } = context.get('auth');
    if (!isAuthenticatedUser(user)) return context.json({ error: 'unauthorized' }, 401);
    const { subject, organization, expiresAt } = user.principal();
    const credential = createCredential(user.token(), user.principal());
    return context.json({
      principal: { subject, org: organization ?? null },
      token: { expiresAt: new Date(expiresAt * 1000).toISOString() },
      servers: await Promise.all(servers.map((server) => ask(server, credential))),
    });
  });
  return app;
}
