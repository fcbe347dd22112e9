/**
 * The client that the suite puts to the test: what an agent of this project has between its tools and a server, without
 * the model. The suite starts it once a scenario, with the address of its server as the last argument.
 */
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { HttpMcpServerConfig } from '../../src/config/mcp-servers.js';
import { createLogger } from '../../src/logger.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import type { LiveTool } from '../../src/mcp-client/live-tool.js';
import { createMcpConnections } from '../../src/mcp-client/mcp-connections.js';
import type { CatalogTool } from '../../src/mcp-client/tool-catalog.js';
import { createToolsets } from '../../src/mcp-client/toolset.js';
import { isOutcomeError } from '../../src/outcomes.js';
import { callerFor } from '../support/test-platform.js';

type Arguments = Readonly<Record<string, unknown>>;

/** Gives what a tool is called with. */
type Plan = (tool: CatalogTool, tools: readonly CatalogTool[]) => readonly Arguments[];

/** What a person of the scenario would do; a scenario that is not named here lists the tools and calls none. */
const plans: Readonly<Record<string, Plan>> = {
  tools_call: () => [{ a: 5, b: 3 }],
  'sse-retry': () => [{}],
  'http-standard-headers': () => [{}],
  'http-custom-headers': ({ name }) =>
    readContext()
      .toolCalls.filter((call) => call.name === name)
      .map((call) => call.arguments),
  // Whatever is listed is called: a tool that must not be called must not be listed.
  'http-invalid-tool-headers': () => [{ region: 'eu-west-1' }],
  'json-schema-2020-12-preservation': ({ name }, [first]) =>
    name === 'json_schema_echo' ? [{ schema: first?.definition.inputSchema }] : [],
};

interface SuiteContext {
  readonly toolCalls: readonly { readonly name: string; readonly arguments: Arguments }[];
}

function readContext(): SuiteContext {
  // The suite writes it.
  return JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{"toolCalls":[]}') as SuiteContext;
}

const server: HttpMcpServerConfig = {
  name: 'conformance',
  type: 'http',
  url: process.argv.at(-1) ?? '',
  required: true,
  auth: { mode: 'none' },
  connectTimeoutMs: 5000,
  callTimeoutMs: 10_000,
};
const scenario = process.env['MCP_CONFORMANCE_SCENARIO'] ?? '';
const connections = createMcpConnections({
  servers: [server],
  logger: createLogger({ level: 'warn', format: 'json' }),
});
const credential = createCredential(toBearerToken('conformance'), callerFor('alice').principal);
try {
  const toolset = await createToolsets(connections, 'wait').forModel({ credential, thread: 'conformance' });
  const tools = [...toolset.tools.values()];
  for (const tool of tools) {
    for (const args of plans[scenario]?.(tool, tools) ?? []) {
      // As writes: a lost answer is not asked for again, it has to be fetched.
      await toolset.bind(tool).call(args, { isWrite: true });
    }
  }
  if (scenario === 'http-standard-headers') await readEmptyResource(toolset.bind(tools[0]!));
} finally {
  await connections.close();
}

/** The suite’s server answers without contents, which is no text; it looks at the request alone. */
async function readEmptyResource(tool: LiveTool): Promise<void> {
  await tool.readResource('file:///path/to/file%20name.txt').catch((error: unknown) => {
    if (!isOutcomeError(error) || error.failure.outcome !== 'contract') throw error;
  });
}
