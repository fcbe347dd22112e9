/** Our connections to the servers of a benchmark, whose bounds a benchmark sets. */
import { parseMcpServers } from '../src/config/mcp-servers.js';
import type { McpConnections, McpConnectionsOptions } from '../src/mcp-client/mcp-connections.js';
import { createMcpConnections } from '../src/mcp-client/mcp-connections.js';
import { ourSources } from './alternatives.js';
import type { BenchServers } from './bench-servers.js';

/** Makes connections as the middleware makes them of a map of servers. */
export function connectServers(
  servers: BenchServers,
  options: Omit<McpConnectionsOptions, 'servers'> = {},
): McpConnections {
  const { mcpServers } = ourSources(servers);
  return createMcpConnections({
    ...options,
    servers: parseMcpServers(JSON.stringify({ mcpServers }), { file: 'bench', env: {} }),
  });
}
