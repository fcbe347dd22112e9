/** Tool calls that were never answered: left by a cancel, a crash, or a message typed at an open approval. */
import type { BaseMessage, ToolMessage } from '@langchain/core/messages';
import { HumanMessage, ToolMessage as ToolMessageClass } from '@langchain/core/messages';
import type { ToolCall } from '@langchain/core/messages/tool';
import { toOutcomeMessage } from './outcome-message.js';
import type { CarriedCall, PairedCall } from './paired-calls.js';
import { isInOrder, pairCalls } from './paired-calls.js';

/** The tool calls of a conversation that have no answer. */
export function findDanglingToolCalls(messages: readonly BaseMessage[]): readonly ToolCall[] {
  if (isInOrder(messages)) return [];
  return pairCalls(messages).flatMap(({ toolCall, answer }) =>
    toolCall === undefined || answer !== undefined ? [] : [toolCall],
  );
}

/**
 * What is known of a call that was never answered. `undecided`: it waited for a person’s decision. `not-made`: it never
 * left, or it changes nothing. `unknown`: it may have been made.
 */
export type OpenCallState = 'undecided' | 'not-made' | 'unknown';

/**
 * Brings a conversation into the one order that OpenAI accepts: right behind each message with tool calls an answer to
 * every call, and no other answer anywhere. A call without an answer gets a message of its own; what a person typed
 * instead of a decision is passed on in it as the reason.
 *
 * @param states what is known of the open calls, by id; `unknown` of one that is left out.
 * @returns the same array when nothing was out of order.
 */
export function closeDanglingToolCalls(
  messages: BaseMessage[],
  states: ReadonlyMap<string, OpenCallState> = new Map(),
): BaseMessage[] {
  if (isInOrder(messages)) return messages;
  const calls = pairCalls(messages);
  return messages.flatMap((message, index) => {
    if (ToolMessageClass.isInstance(message)) return [];
    const own = inOrderOf(calls.filter((call) => call.index === index));
    const closed = own.map(
      (call) =>
        call.answer?.message ??
        toClosingMessage(call, states.get(call.id) ?? stateOf(call), messages.slice(index + 1)),
    );
    return [message, ...closed];
  });
}

/** Sorts calls as their answers stand, the open ones last, so that a valid conversation stays as it is. */
function inOrderOf(calls: readonly PairedCall[]): readonly PairedCall[] {
  const place = ({ answer }: PairedCall): number => answer?.index ?? Number.MAX_SAFE_INTEGER;
  return calls.toSorted((a, b) => place(a) - place(b));
}

/** What is known of an open call by its form alone. */
function stateOf({ toolCall }: CarriedCall): OpenCallState {
  return toolCall === undefined ? 'not-made' : 'unknown';
}

function toClosingMessage(
  call: CarriedCall,
  state: OpenCallState,
  later: readonly BaseMessage[],
): ToolMessage {
  if (state === 'unknown') {
    const message = `${call.name} was stopped before it answered.`;
    return toOutcomeMessage({ outcome: 'unknown-result', message }, call);
  }
  const typed = later.find((message) => HumanMessage.isInstance(message))?.text;
  if (state === 'undecided' && typed) {
    const message = `${call.name} was not called: you wrote a message instead of deciding on it.`;
    return toOutcomeMessage({ outcome: 'cancelled', message, details: typed }, call);
  }
  return toOutcomeMessage(
    { outcome: 'cancelled', message: `${call.name} was stopped before it was made.` },
    call,
  );
}
