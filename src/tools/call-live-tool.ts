/** Calls the live tool behind a wrapper, in the slot of the run. */
import type { RunnableConfig } from '@langchain/core/runnables';
import type { LangGraphRunnableConfig } from '@langchain/langgraph';
import type { LiveTool } from '../mcp-client/live-tool.js';
import type { LiveToolName } from '../mcp-client/find-live-tool.js';
import { findLiveTool, findMissingServer } from '../mcp-client/find-live-tool.js';
import type { Toolset } from '../mcp-client/toolset.js';
import { OutcomeError } from '../outcomes.js';
import { requireSlot } from '../runtime/current-slot.js';
import type { WrapperDefinition } from './wrapper-definition.js';

/** A `custom` stream event: how far a running tool call has come. */
export interface ProgressEvent {
  readonly type: 'progress';
  readonly tool: string;
  readonly toolCallId: string | undefined;
  readonly progress: number;
  readonly total: number | undefined;
  readonly message: string | undefined;
}

/**
 * Calls the live tool of the wrapper with these arguments; each progress notification becomes a
 * {@link ProgressEvent} on the `custom` stream.
 *
 * @returns the content for the model and the artifact beside it.
 * @throws {@link OutcomeError} for every ending that is not `ok`.
 */
export async function callLiveTool(
  wrapper: WrapperDefinition,
  args: Readonly<Record<string, unknown>>,
  config: RunnableConfig,
): Promise<[content: unknown, artifact: unknown]> {
  const live = requireLiveTool(await requireSlot().toolset(), toLiveToolName(wrapper));
  const { writer, toolCallId, signal }: LangGraphRunnableConfig & { toolCallId?: string } = config;
  const result = await live.call(args, {
    isWrite: wrapper.class === 'write',
    signal,
    complete: wrapper.complete,
    onProgress: ({ progress, total, message }) => {
      const event: ProgressEvent = {
        type: 'progress',
        tool: wrapper.name,
        toolCallId,
        progress,
        total,
        message,
      };
      writer?.(event);
    },
  });
  return [presentContent(wrapper, result.content), result.artifact];
}

/** The live tool behind a wrapper. */
export function toLiveToolName({ name, tool = name, server }: WrapperDefinition): LiveToolName {
  return { name: tool, server };
}

/**
 * Finds a live tool in a toolset.
 *
 * @throws {@link OutcomeError} of the server that is missing and may offer it, else `permission-denied`.
 */
export function requireLiveTool(toolset: Toolset, wanted: LiveToolName): LiveTool {
  const live = findLiveTool(toolset, wanted);
  if (live !== undefined) return live;
  const missing = findMissingServer(toolset, wanted);
  if (missing !== undefined) throw missing;
  throw new OutcomeError({
    outcome: 'permission-denied',
    message: `The tool ${wanted.name} is not offered to you; an administrator of the organization can grant it.`,
  });
}

function presentContent(wrapper: WrapperDefinition, content: unknown): unknown {
  return wrapper.present === undefined || typeof content !== 'string' ? content : wrapper.present(content);
}
