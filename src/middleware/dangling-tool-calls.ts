/** Tool calls that were never answered: left by a cancel, a crash, or a message typed at an open approval. */
import type { BaseMessage, ToolMessage } from '@langchain/core/messages';
import { AIMessage, HumanMessage, ToolMessage as ToolMessageClass } from '@langchain/core/messages';
import type { ToolCall } from '@langchain/core/messages/tool';
import { toOutcomeMessage } from './outcome-message.js';

/** The tool calls of a conversation that have no answer. */
export function findDanglingToolCalls(messages: readonly BaseMessage[]): readonly ToolCall[] {
  const answered = answeredIds(messages);
  return messages.flatMap((message) => unansweredCalls(message, answered));
}

/**
 * Closes every unanswered tool call with a message of its own, right behind the call, so that the conversation is one
 * that OpenAI accepts. What a person typed instead of a decision is passed on as the reason.
 *
 * @returns the same array when nothing was open.
 */
export function closeDanglingToolCalls(messages: BaseMessage[]): BaseMessage[] {
  const answered = answeredIds(messages);
  if (messages.every((message) => unansweredCalls(message, answered).length === 0)) return messages;
  return messages.flatMap((message, index) => [
    message,
    ...unansweredCalls(message, answered).map((call) => toClosingMessage(call, messages.slice(index + 1))),
  ]);
}

function answeredIds(messages: readonly BaseMessage[]): ReadonlySet<string> {
  return new Set(
    messages.filter((message) => ToolMessageClass.isInstance(message)).map((message) => message.tool_call_id),
  );
}

function unansweredCalls(message: BaseMessage, answered: ReadonlySet<string>): readonly ToolCall[] {
  if (!AIMessage.isInstance(message)) return [];
  return (message.tool_calls ?? []).filter((call) => call.id !== undefined && !answered.has(call.id));
}

function toClosingMessage(call: ToolCall, later: readonly BaseMessage[]): ToolMessage {
  const typed = later.find((message) => HumanMessage.isInstance(message))?.text;
  const message = typed
    ? `${call.name} was not called: you wrote a message instead of deciding on it.`
    : `${call.name} was stopped before it answered.`;
  return toOutcomeMessage({ outcome: typed ? 'cancelled' : 'unknown-result', message, details: typed }, call);
}
