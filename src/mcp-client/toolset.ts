/** The live MCP tools of one principal, over all configured servers. */
import type { McpServerConfig } from '../config/mcp-servers.js';
import { OutcomeError } from '../outcomes.js';
import type { ClientPool } from './client-pool.js';
import type { Credential } from './credential.js';
import type { LiveTool } from './live-tool.js';
import { loadLiveTools } from './live-tool.js';
import { toFailedCall, toOutcomeError } from './call-failure.js';

/** What one principal may call now. */
export interface Toolset {
  /** By tool name; where two servers offer one name, the server that stands first in the file has it. */
  readonly tools: ReadonlyMap<string, LiveTool>;
  /** The tools whose name a server before theirs has: found by their server alone. */
  readonly shadowed?: readonly LiveTool[] | undefined;
  /** Servers that could not be loaded and are not required, by name, each with its failure. */
  readonly unavailable: ReadonlyMap<string, OutcomeError>;
}

/** What {@link loadToolset} loads from, and as whom. */
export interface ToolsetSource {
  readonly servers: readonly McpServerConfig[];
  readonly credential: Credential;
  readonly pool: ClientPool;
  /** The conversation they are loaded for. */
  readonly thread?: string | undefined;
}

/**
 * Loads the tools of all servers side by side, so that the slowest alone decides how long it takes.
 *
 * @throws {@link OutcomeError} of the first required server that failed.
 */
export async function loadToolset(source: ToolsetSource): Promise<Toolset> {
  const { servers, ...borrower } = source;
  const loads = await Promise.allSettled(servers.map((server) => loadLiveTools({ server, ...borrower })));
  const tools = new Map<string, LiveTool>();
  const shadowed: LiveTool[] = [];
  const unavailable = new Map<string, OutcomeError>();
  for (const [index, load] of loads.entries()) {
    const server = servers[index];
    if (server === undefined) continue;
    if (load.status === 'fulfilled') {
      shadowed.push(...addMissing(tools, load.value));
      continue;
    }
    const failure = toOutcomeError(load.reason, toFailedCall(server, false));
    if (server.required) throw failure;
    unavailable.set(server.name, withoutSignIn(failure));
  }
  return { tools, shadowed, unavailable };
}

/** A server that may be missing stops no run: nobody knows whether it has the tool that was called. */
function withoutSignIn(error: OutcomeError): OutcomeError {
  const { signIn: _signIn, ...failure } = error.failure;
  return new OutcomeError(failure, { cause: error });
}

/** Adds what has a new name; gives the rest. */
function addMissing(tools: Map<string, LiveTool>, loaded: readonly LiveTool[]): readonly LiveTool[] {
  return loaded.filter((tool) => {
    if (tools.has(tool.name)) return true;
    tools.set(tool.name, tool);
    return false;
  });
}
