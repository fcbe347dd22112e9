/** A chat model that plays a script and records what it was shown. */
/* eslint-disable no-restricted-syntax -- the framework takes a chat model in no other form than a subclass */
import { randomUUID } from 'node:crypto';
import type { BaseChatModelCallOptions, BindToolsInput } from '@langchain/core/language_models/chat_models';
import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { BaseMessage } from '@langchain/core/messages';
import { AIMessage } from '@langchain/core/messages';
import type { ChatResult } from '@langchain/core/outputs';
import { convertToOpenAITool } from '@langchain/core/utils/function_calling';

/** What the model says: words, or tool calls. */
export type Said = string | readonly ScriptedCall[];

/** One step: what is said, or a function of the conversation that gives it. */
export type Step = Said | ((messages: readonly BaseMessage[]) => Said);

/** One tool call of a script; the id is made up when left out. */
export interface ScriptedCall {
  readonly name: string;
  readonly args: Record<string, unknown>;
  readonly id?: string;
}

/** What the model was shown at one step. */
export interface ShownToModel {
  readonly messages: readonly BaseMessage[];
  readonly tools: readonly ShownTool[];
}

/** A tool as the model was shown it. */
export interface ShownTool {
  readonly name: string;
  readonly description?: string;
  readonly parameters?: unknown;
}

interface ScriptedCallOptions extends BaseChatModelCallOptions {
  readonly shownTools?: readonly ShownTool[];
}

/**
 * Plays its steps in order. A last step that is a function repeats; after any other the script has ended, which the
 * model says in words. One model plays one script, whoever asks: give each person a model, or script by the messages.
 */
export class ScriptedModel extends BaseChatModel<ScriptedCallOptions> {
  /** What each step was shown. */
  readonly shown: ShownToModel[] = [];
  readonly #steps: readonly Step[];

  constructor(...steps: readonly Step[]) {
    super({});
    this.#steps = steps;
  }

  override _llmType(): string {
    return 'scripted';
  }

  // A bound copy and not `this`: two runs at the same time are shown different tools.
  override bindTools(tools: BindToolsInput[]): ReturnType<typeof this.withConfig> {
    return this.withConfig({ shownTools: tools.map((tool) => convertToOpenAITool(tool).function) });
  }

  override async _generate(messages: BaseMessage[], options: this['ParsedCallOptions']): Promise<ChatResult> {
    const step = this.#stepAt(this.shown.length);
    this.shown.push({ messages: [...messages], tools: options.shownTools ?? [] });
    const said = typeof step === 'function' ? step(messages) : step;
    const message =
      typeof said === 'string'
        ? new AIMessage(said)
        : new AIMessage({ content: '', tool_calls: said.map(toToolCall) });
    return { generations: [{ text: message.text, message }] };
  }

  #stepAt(index: number): Step {
    const last = this.#steps.at(-1);
    return this.#steps[index] ?? (typeof last === 'function' ? last : 'The script has ended.');
  }
}

function toToolCall(call: ScriptedCall) {
  return { type: 'tool_call' as const, id: `call_${randomUUID()}`, ...call };
}
