/** The process of the MCP servers, apart from the agents, so that what they cost is not in the figures. */
import type { McpTestServer } from '../src/testing/mcp-test-server.js';
import { startMcpTestServer } from '../src/testing/mcp-test-server.js';
import { createTokenIssuer } from '../src/testing/token-issuer.js';
import type { DelayedPort } from './delayed-port.js';
import { openDelayedPort } from './delayed-port.js';
import type { ServerOrder, ServerReady, ServerSpec } from './bench-servers.js';
import { agentAudience, serverAudience } from './bench-servers.js';
import { serverTools } from './workload.js';

const issuer = createTokenIssuer([agentAudience, serverAudience]);
// What startBenchServers wrote.
const specs = JSON.parse(process.argv[2] ?? '[]') as readonly ServerSpec[];
const servers = await Promise.all(specs.map(startServer));

process.on('message', (order: ServerOrder) => {
  process.send?.({
    id: order.id,
    answer: order.kind === 'tokens' ? order.subjects.map(issueToken) : takeCounts(),
  });
});
process.on('disconnect', () => process.exit(0));
const ready: ServerReady = {
  urls: servers.map(({ url }) => url),
  issuer: issuer.issuer,
  jwks: issuer.jwks,
};
process.send?.({ id: 0, answer: ready });

interface BenchServer {
  readonly server: McpTestServer;
  readonly url: string;
  readonly port: DelayedPort | undefined;
}

async function startServer({ era, delayMs = 0, tools }: ServerSpec): Promise<BenchServer> {
  const server = await startMcpTestServer(serverTools(tools), era === '2025' ? { sessions: true } : {});
  server.trust(issuer, serverAudience);
  if (delayMs === 0) return { server, url: server.url, port: undefined };
  const port = await openDelayedPort(Number(new URL(server.url).port), delayMs);
  return { server, url: `http://127.0.0.1:${String(port.port)}/mcp`, port };
}

function issueToken(subject: string): string {
  return issuer.token(subject, { exp: Math.floor(Date.now() / 1000) + 6 * 3600 });
}

function takeCounts(): Record<string, number>[] {
  return servers.map(({ server }) => {
    const counts: Record<string, number> = {};
    for (const { method } of server.requests) counts[method] = (counts[method] ?? 0) + 1;
    server.requests.length = 0;
    server.calls.length = 0;
    return counts;
  });
}
