/**
 * The `offline` model: a chat model without a network, a key or a neural net.
 * It understands requests for an AWS RDS instance in written English, and nothing else, and says so.
 */
import { randomBytes } from 'node:crypto';
import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { BaseChatModelCallOptions, BindToolsInput } from '@langchain/core/language_models/chat_models';
import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';
import { AIMessage, AIMessageChunk } from '@langchain/core/messages';
import type { BaseMessage } from '@langchain/core/messages';
import { ChatGenerationChunk } from '@langchain/core/outputs';
import type { ChatResult } from '@langchain/core/outputs';
import { convertToOpenAITool } from '@langchain/core/utils/function_calling';
import { planStep } from './plan.js';
import type { Step } from './step.js';

interface OfflineCallOptions extends BaseChatModelCallOptions {
  /** In OpenAI’s form. */
  tools?: readonly { readonly function?: { readonly name: string } | undefined }[];
}

/** Creates the offline model. Its words and calls depend on the messages and bound tools alone; call ids are random. */
export function createOfflineModel(): BaseChatModel {
  return new OfflineChatModel({});
}

// eslint-disable-next-line no-restricted-syntax -- the framework takes a chat model in no other form than a subclass
class OfflineChatModel extends BaseChatModel<OfflineCallOptions> {
  static override lc_name(): string {
    return 'OfflineChatModel';
  }

  override get callKeys(): string[] {
    return [...super.callKeys, 'tools'];
  }

  override _llmType(): string {
    return 'offline';
  }

  override bindTools(
    tools: BindToolsInput[],
    options?: Partial<OfflineCallOptions>,
  ): ReturnType<typeof this.withConfig> {
    return this.withConfig({ ...options, tools: tools.map((tool) => convertToOpenAITool(tool)) });
  }

  override async _generate(messages: BaseMessage[], options: this['ParsedCallOptions']): Promise<ChatResult> {
    options.signal?.throwIfAborted();
    const { text, calls } = planStep(messages, offeredTools(options));
    const toolCalls = calls.map(({ name, args }) => ({
      type: 'tool_call' as const,
      id: newCallId(),
      name,
      args,
    }));
    const message = new AIMessage({
      content: text,
      tool_calls: toolCalls,
      response_metadata: metadataOf(calls.length),
    });
    return { generations: [{ text, message }] };
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    for (const chunk of toChunks(planStep(messages, offeredTools(options)))) {
      options.signal?.throwIfAborted();
      yield chunk;
      await runManager?.handleLLMNewToken(chunk.text, undefined, undefined, undefined, undefined, { chunk });
    }
  }
}

function* toChunks({ text, calls }: Step): Generator<ChatGenerationChunk> {
  // Content blocks are counted with the words: a call at the index of the words would be lost in protocol v2.
  const firstCall = text === '' ? 0 : 1;
  for (const word of text.match(/\S+\s*/g) ?? []) yield toChunk(word, {});
  for (const [index, { name, args }] of calls.entries()) {
    const call = {
      type: 'tool_call_chunk' as const,
      index: firstCall + index,
      id: newCallId(),
      name,
      args: JSON.stringify(args),
    };
    yield toChunk('', { tool_call_chunks: [call] });
  }
  yield toChunk('', { response_metadata: metadataOf(calls.length) });
}

function toChunk(
  text: string,
  fields: Partial<Pick<AIMessageChunk, 'tool_call_chunks' | 'response_metadata'>>,
): ChatGenerationChunk {
  return new ChatGenerationChunk({ text, message: new AIMessageChunk({ content: text, ...fields }) });
}

function metadataOf(calls: number): Record<string, unknown> {
  return { model_name: 'offline', finish_reason: calls > 0 ? 'tool_calls' : 'stop' };
}

/** No tool may be called when `tool_choice` is "none". */
function offeredTools(options: OfflineCallOptions): ReadonlySet<string> {
  const { tools = [], tool_choice: choice } = options;
  return new Set(choice === 'none' ? [] : tools.flatMap((tool) => tool.function?.name ?? []));
}

function newCallId(): string {
  return `call_${randomBytes(12).toString('hex')}`;
}
