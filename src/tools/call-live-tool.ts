/** Calls the live tool behind a wrapper, in the slot of a call. */
import type { RunnableConfig } from '@langchain/core/runnables';
import type { LangGraphRunnableConfig } from '@langchain/langgraph';
import { readThreadId } from '../runtime/run-config.js';
import type { Slot } from '../runtime/slots.js';
import { callOffer } from './call-offer.js';
import { requireOffer, toToolNeed } from './find-offer.js';
import { toIdempotencyKey } from './idempotency-key.js';
import type { Wrapper } from './wrapper-definition.js';

/** A `custom` stream event: how far a running tool call has come. */
export interface ProgressEvent {
  readonly type: 'progress';
  readonly tool: string;
  readonly toolCallId: string | undefined;
  readonly progress: number;
  readonly total: number | undefined;
  readonly message: string | undefined;
}

/** Whose tools are called, and for which wrapper. */
export interface SlotCall {
  readonly wrapper: Wrapper;
  readonly slot: Slot;
}

type ToolConfig = LangGraphRunnableConfig & { readonly toolCallId?: string };

/**
 * Calls the live tool of the wrapper with these arguments; each progress notification becomes a
 * {@link ProgressEvent} on the `custom` stream. A write carries its idempotency key.
 *
 * @returns the content for the model and the artifact beside it.
 * @throws {@link OutcomeError} for every ending that is not `ok`.
 */
export async function callLiveTool(
  { wrapper, slot }: SlotCall,
  args: Readonly<Record<string, unknown>>,
  config: RunnableConfig,
): Promise<[content: unknown, artifact: unknown]> {
  const toolset = await slot.toolsetFor(toToolNeed(wrapper));
  const offer = requireOffer(toolset, wrapper);
  const { writer, toolCallId, signal, configurable }: ToolConfig = config;
  const isKeyed = wrapper.class === 'write' && toolCallId !== undefined;
  const result = await callOffer({ wrapper, toolset, offer }, args, {
    signal,
    idempotencyKey: isKeyed
      ? toIdempotencyKey({ threadId: readThreadId(configurable), toolCallId })
      : undefined,
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

function presentContent(wrapper: Wrapper, content: unknown): unknown {
  return wrapper.present === undefined || typeof content !== 'string' ? content : wrapper.present(content);
}
