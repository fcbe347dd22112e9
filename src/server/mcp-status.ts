/** `GET /mcp/status`: the caller’s own view of the MCP servers, measured when it is asked for. No secrets. */
import { Hono } from 'hono';
import type { McpServerConfig } from '../config/mcp-servers.js';
import type { McpStatus, ServerStatus } from '../contracts/mcp-status.js';
import type { Credential } from '../mcp-client/credential.js';
import { createCredential } from '../mcp-client/credential.js';
import type { McpConnections } from '../mcp-client/mcp-connections.js';
import { isOutcomeError } from '../outcomes.js';
import { readCaller } from './caller-of-route.js';

/**
 * Creates the route. It lists every server’s tools with the caller’s own token, all side by side, over the connections
 * that the runs of this process use. A server that fails here stays what it is for the runs, which ask it themselves.
 */
export function createMcpStatus(connections: McpConnections): Hono {
  const { servers } = connections;
  const app = new Hono();
  app.get('/mcp/status', async (context) => {
    const caller = readCaller(context);
    if (caller === undefined) return context.json({ error: 'unauthorized' }, 401);
    const { subject, organization, expiresAt } = caller.principal();
    const credential = createCredential(caller.token(), caller.principal());
    const status: McpStatus = {
      principal: { subject, org: organization ?? null },
      token: { expiresAt: new Date(expiresAt * 1000).toISOString() },
      servers: await Promise.all(servers.map((server) => askServer(server, credential, connections))),
    };
    return context.json(status);
  });
  return app;
}

async function askServer(
  server: McpServerConfig,
  credential: Credential,
  { lists, pool, lastAnswers }: McpConnections,
): Promise<ServerStatus> {
  const { name, required } = server;
  const listed = await lists.probe({ server, credential }).then(
    ({ tools }) => ({ state: 'up', tools: [...tools.keys()] }),
    (error: unknown) => ({
      state: isOutcomeError(error) ? error.failure.outcome : 'contract',
      tools: [],
    }),
  );
  const { succeededAt, failedAt, latencyMs = null } = lastAnswers.of(credential.principal(), name);
  return {
    name,
    state: listed.state,
    required,
    lastSuccess: toTime(succeededAt),
    lastFailure: toTime(failedAt),
    breaker: pool.breaker(name),
    latencyMs,
    tools: listed.tools,
  };
}

function toTime(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString();
}
