/** The tools of one server as one person is offered them, without what keeps lists and joins servers. */
import { listServerTools } from '../../src/mcp-client/list-server-tools.js';
import type { LiveTool } from '../../src/mcp-client/live-tool.js';
import { bindLiveTool } from '../../src/mcp-client/live-tool.js';
import type { LiveToolSource } from '../../src/mcp-client/send-call.js';
import { createToolCatalogs } from '../../src/mcp-client/tool-catalog.js';

/** Lists one server’s tools, each bound to the principal. @throws {@link OutcomeError} when it cannot be listed. */
export async function loadLiveTools(source: LiveToolSource): Promise<readonly LiveTool[]> {
  const { catalog } = await listServerTools(source, createToolCatalogs());
  return [...catalog.tools.values()].map((tool) => bindLiveTool(tool, source));
}
