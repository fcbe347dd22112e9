/** What the model is shown: only the wrappers whose tool this user really has, as the server describes them now. */
import type { LiveTool } from '../mcp-client/live-tool.js';
import type { Toolset } from '../mcp-client/toolset.js';
import { findLiveTool, findMissingServer } from '../mcp-client/find-live-tool.js';
import { isWrapperTool } from '../tools/define-wrapper-tool.js';
import { toLiveToolName } from '../tools/call-live-tool.js';

/** The most of a live description that is shown, in characters. */
const maxDescriptionLength = 4096;

/**
 * Replaces each wrapper by its live definition and leaves out those that the user does not have.
 * Other tools stay as they are. While an optional server is down its wrappers stay, and answer `unavailable`; with it those that name no server.
 */
export function toOfferedTools<Tool>(
  tools: readonly Tool[],
  toolset: Toolset,
): (Tool | Record<string, unknown>)[] {
  const offered: (Tool | Record<string, unknown>)[] = [];
  for (const tool of tools) {
    if (!isWrapperTool(tool)) {
      offered.push(tool);
      continue;
    }
    const wanted = toLiveToolName(tool.wrapper);
    const live = findLiveTool(toolset, wanted);
    if (live !== undefined) offered.push(toFunctionDefinition(tool.wrapper.name, live));
    else if (findMissingServer(toolset, wanted) !== undefined) offered.push(tool);
  }
  return offered;
}

/**
 * A tool in the form of OpenAI’s function calling, which every chat model of LangChain binds.
 * Not a changed copy of the wrapper: createAgent refuses another tool object under a registered name.
 */
function toFunctionDefinition(name: string, live: LiveTool): Record<string, unknown> {
  const description = live.description.slice(0, maxDescriptionLength);
  return { type: 'function', function: { name, description, parameters: live.schema } };
}
