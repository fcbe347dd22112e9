/** A chat model that plays a script and records what it was shown. */
import { randomUUID } from 'node:crypto';
import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { BaseMessage } from '@langchain/core/messages';
import { AIMessage } from '@langchain/core/messages';
import type { ChatResult } from '@langchain/core/outputs';
import { convertToOpenAITool } from '@langchain/core/utils/function_calling';

/** One step: words, or tool calls, or a function of the conversation that gives either. */
export type Step = string | readonly ScriptedCall[] | ((messages: readonly BaseMessage[]) => string | readonly ScriptedCall[]);

export interface ScriptedCall {
  readonly name: string;
  readonly args: Record<string, unknown>;
  readonly id?: string;
}

export interface ShownToModel {
  readonly messages: readonly BaseMessage[];
  readonly tools: readonly { readonly name: string; readonly description?: string; readonly parameters?: unknown }[];
}

export class ScriptedModel extends BaseChatModel {
  readonly shown: ShownToModel[] = [];
  readonly #steps: readonly Step[];
  #tools: ShownToModel['tools'] = [];

  constructor(...steps: readonly Step[]) {
    super({});
    this.#steps = steps;
  }

  override _llmType(): string {
    return 'scripted';
  }

  override bindTools(tools: Parameters<NonNullable<BaseChatModel['bindTools']>>[0]): this {
    this.#tools = tools.map((tool) => convertToOpenAITool(tool as never).function);
    return this;
  }

  override _generate(messages: BaseMessage[]): Promise<ChatResult> {
    const step = this.#steps[this.shown.length] ?? 'The script has ended.';
    this.shown.push({ messages: [...messages], tools: this.#tools });
    const said = typeof step === 'function' ? step(messages) : step;
    const message =
      typeof said === 'string'
        ? new AIMessage(said)
        : new AIMessage({ content: '', tool_calls: said.map((call) => ({ type: 'tool_call', id: `call_${randomUUID()}`, ...call })) });
    return Promise.resolve({ generations: [{ text: message.text, message }] });
  }
}
