/** Opens the place where a worker’s agents run. */
import { processConnections } from '../agents/process-connections.js';
import { openCheckpointer, pinCheckpointer } from '../server/open-checkpointer.js';
import { importGraphs, readLanggraphConfig } from '../server/served-graphs.js';
import { createMcpMetrics } from '../telemetry/mcp-metrics.js';
import type { MetricsSource } from '../telemetry/metrics-source.js';
import type { Agents } from './agent-runs.js';
import { createLocalAgents } from './local-agents.js';
import { createRemoteAgents } from './remote-agents.js';
import type { WorkerSettings } from './worker-settings.js';

/** The agents of a worker, and what is counted of the MCP servers that they use here. */
export interface OpenAgents {
  readonly agents: Agents;
  readonly metrics: readonly MetricsSource[];
}

/** Opens it. @throws {@link ConfigError} when PostgreSQL does not answer, or a graph cannot be loaded. */
export async function openAgents(place: WorkerSettings['agents']): Promise<OpenAgents> {
  if ('serverUrl' in place) return { agents: createRemoteAgents(place.serverUrl), metrics: [] };
  const { checkpointer, close } = await openCheckpointer({ url: place.databaseUrl, file: '' });
  const graphs = await importGraphs(readLanggraphConfig().graphs);
  for (const graph of graphs.values()) pinCheckpointer(graph, checkpointer);
  const connections = processConnections.get();
  const metrics = createMcpMetrics(connections);
  processConnections.observe(metrics.observe);
  const agents = createLocalAgents({
    graphs,
    checkpointer,
    close: async () => {
      await connections.close();
      await close();
    },
  });
  return { agents, metrics: [metrics] };
}
