/** Tool calls that were never answered: left by a cancel, a crash, or a message typed at an open approval. */
import type { BaseMessage, ToolMessage } from '@langchain/core/messages';
import { AIMessage, HumanMessage, ToolMessage as ToolMessageClass } from '@langchain/core/messages';
import type { ToolCall } from '@langchain/core/messages/tool';
import { z } from 'zod';
import { toOutcomeMessage } from './outcome-message.js';

/** The tool calls of a conversation that have no answer. */
export function findDanglingToolCalls(messages: readonly BaseMessage[]): readonly ToolCall[] {
  if (isInOrder(messages)) return [];
  const answers = answersOf(messages);
  return messages
    .flatMap((message) => (AIMessage.isInstance(message) ? (message.tool_calls ?? []) : []))
    .filter((call) => call.id !== undefined && !answers.has(call.id));
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
  const answers = answersOf(messages);
  return messages.flatMap((message, index) => {
    if (ToolMessageClass.isInstance(message)) return [];
    const calls = callsOf(message);
    if (calls.length === 0) return message;
    return [
      message,
      ...inOrderOf(answers, calls).map(
        (call) =>
          answers.get(call.id)?.message ??
          toClosingMessage(call, states.get(call.id) ?? call.state, messages.slice(index + 1)),
      ),
    ];
  });
}

/** Whether each call has its answer right behind it, and no other answer is there: so almost every conversation is. */
function isInOrder(messages: readonly BaseMessage[]): boolean {
  let open: readonly string[] = [];
  for (const message of messages) {
    if (ToolMessageClass.isInstance(message)) {
      const id = message.tool_call_id;
      if (!open.includes(id)) return false;
      open = open.filter((other) => other !== id);
    } else {
      if (open.length > 0) return false;
      open = callsOf(message).map(({ id }) => id);
    }
  }
  return open.length === 0;
}

interface IdentifiedCall {
  readonly id: string;
  readonly name: string;
  /** What is known of it by its form alone. */
  readonly state: OpenCallState;
}

/** The first answer to each call, by the call’s id, and where it stands. */
type Answers = ReadonlyMap<string, { readonly message: ToolMessage; readonly index: number }>;

function answersOf(messages: readonly BaseMessage[]): Answers {
  const answers = new Map<string, { readonly message: ToolMessage; readonly index: number }>();
  for (const [index, message] of messages.entries()) {
    if (ToolMessageClass.isInstance(message) && !answers.has(message.tool_call_id))
      answers.set(message.tool_call_id, { message, index });
  }
  return answers;
}

const rawMessage = z.object({
  tool_calls: z.array(z.object({ id: z.string(), function: z.object({ name: z.string() }) })),
});

/** The calls that a message carries to the model: of one whose arguments could not be read, as it came. */
function callsOf(message: BaseMessage): readonly IdentifiedCall[] {
  if (!AIMessage.isInstance(message)) return [];
  const calls = message.tool_calls ?? [];
  if (calls.length > 0)
    return calls.flatMap(({ id, name }) => (id === undefined ? [] : [{ id, name, state: 'unknown' }]));
  // Most messages have none; a look is cheaper than a parse.
  if (!('tool_calls' in message.additional_kwargs)) return [];
  const { data } = rawMessage.safeParse(message.additional_kwargs);
  return (data?.tool_calls ?? []).map(({ id, function: { name } }) => ({ id, name, state: 'not-made' }));
}

/** Sorts calls as their answers stand, the open ones last, so that a valid conversation stays as it is. */
function inOrderOf(answers: Answers, calls: readonly IdentifiedCall[]): readonly IdentifiedCall[] {
  const place = ({ id }: IdentifiedCall): number => answers.get(id)?.index ?? Number.MAX_SAFE_INTEGER;
  return calls.toSorted((a, b) => place(a) - place(b));
}

function toClosingMessage(
  call: IdentifiedCall,
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
