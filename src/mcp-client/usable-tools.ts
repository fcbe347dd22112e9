/** Keeps of a server’s list what can be used: one bad definition costs one tool and not the list. */
import type { JSONRPCMessage, Tool } from '@modelcontextprotocol/client';
import { isSpecType } from '@modelcontextprotocol/client';
import { canMirrorArguments } from './mirrored-arguments.js';
import type { SchemaValidators } from './schema-validators.js';

/** The largest definition of one tool, in characters of JSON. */
const maxDefinitionSize = 262_144;
/** @see MCP 2025-11-25, "Tool Names" */
const toolName = /^[\w./-]{1,128}$/;

/** Why a tool cannot be used; safe to log. */
export type ToolFault =
  'malformed' | 'name' | 'duplicate' | 'size' | 'input-schema' | 'mirrored-arguments' | 'output-schema';

/** A tool that was left out. */
export interface DroppedTool {
  /** Its name where that has the form of one. */
  readonly tool: string | undefined;
  readonly fault: ToolFault;
}

type OnDropped = (dropped: DroppedTool) => void;

/**
 * Takes tools that are no tools at all out of a `tools/list` answer: the SDK would refuse the whole answer for one of
 * them. Every other message comes back as it is.
 */
export function withoutMalformedTools(message: JSONRPCMessage, onDropped: OnDropped): JSONRPCMessage {
  if (!('result' in message) || !Array.isArray(message.result['tools'])) return message;
  const { tools } = message.result;
  const kept = tools.filter((tool: unknown) => {
    if (isSpecType.Tool(tool)) return true;
    onDropped({ tool: toShownName(tool), fault: 'malformed' });
    return false;
  });
  return kept.length === tools.length ? message : { ...message, result: { ...message.result, tools: kept } };
}

/** Keeps the tools whose name, size and schemas can be used; of two with one name the first. */
export function keepUsableTools(
  tools: readonly Tool[],
  validators: SchemaValidators,
  onDropped: OnDropped,
): Tool[] {
  const names = new Set<string>();
  return tools.filter((tool) => {
    const fault = names.has(tool.name) ? 'duplicate' : findFault(tool, validators);
    if (fault === undefined) names.add(tool.name);
    else onDropped({ tool: toShownName(tool), fault });
    return fault === undefined;
  });
}

function findFault(tool: Tool, validators: SchemaValidators): ToolFault | undefined {
  if (!toolName.test(tool.name)) return 'name';
  if (JSON.stringify(tool).length > maxDefinitionSize) return 'size';
  // Arguments are not checked by the live schema, so that a dialect nobody compiles does no harm.
  const { $schema: _dialect, ...inputSchema } = tool.inputSchema;
  if (!validators.canRead(inputSchema)) return 'input-schema';
  if (!canMirrorArguments(inputSchema)) return 'mirrored-arguments';
  return tool.outputSchema === undefined || validators.canRead(tool.outputSchema)
    ? undefined
    : 'output-schema';
}

function toShownName(tool: unknown): string | undefined {
  if (typeof tool !== 'object' || tool === null || !('name' in tool)) return undefined;
  return typeof tool.name === 'string' && toolName.test(tool.name) ? tool.name : undefined;
}
