/** The tool calls of a conversation, each with its answer. */
import type { BaseMessage } from '@langchain/core/messages';
import { AIMessage, ToolMessage } from '@langchain/core/messages';
import type { ToolCall } from '@langchain/core/messages/tool';
import { z } from 'zod';

/** A call that a message carries to the model. */
export interface CarriedCall {
  readonly id: string;
  readonly name: string;
  /** Undefined of a call whose arguments could not be read: it was never made. */
  readonly toolCall: ToolCall | undefined;
}

/** A call, and where it stands in the conversation. */
export interface PairedCall extends CarriedCall {
  /** Index of the message that carries it. */
  readonly index: number;
  readonly answer: CallAnswer | undefined;
}

/** An answer, and where it stands. */
export interface CallAnswer {
  readonly message: ToolMessage;
  readonly index: number;
}

/** Whether each call has its answer right behind it, and no other answer is there: so almost every conversation is. */
export function isInOrder(messages: readonly BaseMessage[]): boolean {
  let open: string[] = [];
  for (const message of messages) {
    if (ToolMessage.isInstance(message)) {
      const place = open.indexOf(message.tool_call_id);
      if (place < 0) return false;
      open.splice(place, 1);
    } else {
      if (open.length > 0) return false;
      open = callsOf(message).map(({ id }) => id);
    }
  }
  return open.length === 0;
}

/**
 * Pairs the calls with their answers. An answer is to the last call of its id before it, or, where there is none, to the
 * first behind it; of two answers to one call the first counts.
 *
 * @returns the calls in the order they stand in.
 */
export function pairCalls(messages: readonly BaseMessage[]): readonly PairedCall[] {
  const calls: OpenedCall[] = [];
  const early: CallAnswer[] = [];
  for (const [index, message] of messages.entries()) {
    if (!ToolMessage.isInstance(message)) {
      calls.push(...callsOf(message).map((call) => ({ ...call, index, answer: undefined })));
      continue;
    }
    const last = calls.findLast(({ id }) => id === message.tool_call_id);
    if (last === undefined) early.push({ message, index });
    else
      give(
        calls.filter((call) => call.index === last.index),
        { message, index },
      );
  }
  for (const answer of early) give(calls, answer);
  return calls;
}

interface OpenedCall extends CarriedCall {
  readonly index: number;
  answer: CallAnswer | undefined;
}

function give(calls: readonly OpenedCall[], answer: CallAnswer): void {
  const open = calls.find((call) => call.id === answer.message.tool_call_id && call.answer === undefined);
  if (open !== undefined) open.answer = answer;
}

const rawMessage = z.object({
  tool_calls: z.array(z.object({ id: z.string(), function: z.object({ name: z.string() }) })),
});

/** The calls that a message carries to the model: of one whose arguments could not be read, as it came. */
function callsOf(message: BaseMessage): readonly CarriedCall[] {
  if (!AIMessage.isInstance(message)) return [];
  const calls = message.tool_calls ?? [];
  if (calls.length > 0)
    return calls.flatMap((toolCall) =>
      toolCall.id === undefined ? [] : [{ id: toolCall.id, name: toolCall.name, toolCall }],
    );
  // Most messages have none; a look is cheaper than a parse.
  if (!('tool_calls' in message.additional_kwargs)) return [];
  const { data } = rawMessage.safeParse(message.additional_kwargs);
  return (data?.tool_calls ?? []).map(({ id, function: { name } }) => ({ id, name, toolCall: undefined }));
}
