/** A wrapper tool for one call: the same tool, which finds the tools of the person that the call is made for. */
import type { RunnableConfig } from '@langchain/core/runnables';
import { untilAborted } from '../mcp-client/until-aborted.js';
import type { Slot } from '../runtime/slots.js';
import { callLiveTool } from './call-live-tool.js';
import type { WrapperTool } from './define-wrapper-tool.js';

/**
 * Makes the tool of one call. LangChain executes the tool that a `wrapToolCall` hands on in place of the registered one,
 * so that two calls at the same time, of two users or two graphs, each have their own slot.
 *
 * It has all of the registered tool but its function; the call it runs as is still that tool’s in every trace.
 */
export function toWrapperInSlot(tool: WrapperTool, slot: Slot): WrapperTool {
  const func = (
    args: Readonly<Record<string, unknown>>,
    _runManager: unknown,
    config: RunnableConfig = {},
  ): ReturnType<typeof callLiveTool> =>
    untilAborted(callLiveTool({ wrapper: tool.wrapper, slot }, args, config), config.signal);
  // What is inherited from a tool is a tool.
  return Object.create(tool, { func: { value: func } }) as WrapperTool;
}
