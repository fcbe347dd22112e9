/** Connections of a test’s own, which its agents share as the graphs of one process do. */
import type { MemorySaver } from '@langchain/langgraph';
import { parseMcpServers } from '../../src/config/mcp-servers.js';
import type { McpConnections } from '../../src/mcp-client/mcp-connections.js';
import { createMcpConnections } from '../../src/mcp-client/mcp-connections.js';
import type { Step } from '../../src/testing/scripted-model.js';
import { ScriptedModel } from '../../src/testing/scripted-model.js';
import type { TokenIssuer } from '../../src/testing/token-issuer.js';
import type { TestGraph } from './test-agent.js';
import { createTestGraph } from './test-agent.js';

/** Connects to the server at `url`, when it is needed; the times are so long that no test can need them. */
export function connectTo(url: string, auth: object = { mode: 'forward' }): McpConnections {
  const times = { connectTimeoutMs: 600_000, callTimeoutMs: 600_000 };
  const mcpServers = { platform: { type: 'http', url, auth, ...times } };
  const servers = parseMcpServers(JSON.stringify({ mcpServers }), { file: 'f', env: {} });
  return createMcpConnections({ servers });
}

/** An agent over connections. */
export interface ConnectedAgent {
  readonly connections: McpConnections;
  readonly issuer: TokenIssuer;
  /** What its model does at every step. */
  readonly step: Step;
  readonly checkpointer?: MemorySaver;
}

/** Compiles an agent whose model always takes the same step. */
export function createConnectedGraph({ connections, step, ...parts }: ConnectedAgent): TestGraph {
  return createTestGraph({ ...parts, mcpServers: () => connections, model: new ScriptedModel(step) });
}

/** A step that asks the server who calls, once for each message of a person. */
export const askWhoAmI: Step = (messages) =>
  messages.at(-1)?.type === 'tool' ? 'done' : [{ name: 'who_am_i', args: {} }];
