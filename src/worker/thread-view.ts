/** A thread as a worker looks at it, whether it is kept here or by an agent server. */
import { z } from 'zod';

/** A question of an agent that waits for its answer. */
export interface OpenQuestion {
  readonly id: string;
  readonly value: unknown;
}

/** One tool call of a message. */
export interface SpokenCall {
  readonly id: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What a message of a conversation says, in this process’s form or in JSON. */
export interface SpokenMessage {
  readonly id: string | undefined;
  readonly kind: 'human' | 'ai' | 'tool' | 'other';
  readonly text: string;
  readonly calls: readonly SpokenCall[];
  /** Of a tool’s answer: which call it answers, and how. */
  readonly answers: { readonly callId: string; readonly tool: string; readonly isError: boolean } | undefined;
}

/** Where a thread is. */
export interface ThreadView {
  readonly messages: readonly SpokenMessage[];
  readonly open: readonly OpenQuestion[];
  /** Steps are left to do. */
  readonly hasNext: boolean;
}

const block = z.union([z.string(), z.object({ type: z.literal('text'), text: z.string() })]);
const toolCall = z.object({
  id: z.string(),
  name: z.string(),
  args: z.record(z.string(), z.unknown()).catch({}),
});
const message = z.object({
  type: z.string(),
  id: z.string().optional().catch(undefined),
  content: z.union([z.string(), z.array(z.unknown())]).catch(''),
  tool_calls: z.array(z.unknown()).optional().catch(undefined),
  tool_call_id: z.string().optional().catch(undefined),
  name: z.string().optional().catch(undefined),
  status: z.string().optional().catch(undefined),
});

/** Reads a message; undefined of what is none. */
export function readMessage(value: unknown): SpokenMessage | undefined {
  const { data } = message.safeParse(value);
  if (data === undefined) return undefined;
  const calls = (data.tool_calls ?? []).flatMap((call) => toolCall.safeParse(call).data ?? []);
  const { tool_call_id: callId, name: tool = '', status } = data;
  const answers = callId === undefined ? undefined : { callId, tool, isError: status === 'error' };
  return { id: data.id, kind: toKind(data.type), text: toText(data.content), calls, answers };
}

/** Reads the messages of a state or of a change of it. */
export function readMessages(values: unknown): readonly SpokenMessage[] {
  const messages = z.object({ messages: z.array(z.unknown()) }).safeParse(values).data?.messages ?? [];
  return messages.flatMap((item) => readMessage(item) ?? []);
}

/** What the agent said last to one message of the person. */
export function answerTo({ messages }: ThreadView, messageId: string): string {
  const at = messages.findIndex(({ id }) => id === messageId);
  const later = messages.slice(at + 1);
  const next = later.findIndex(({ kind }) => kind === 'human');
  const turn = next < 0 ? later : later.slice(0, next);
  return turn.findLast(({ kind, text }) => kind === 'ai' && text !== '')?.text ?? '';
}

function toKind(type: string): SpokenMessage['kind'] {
  if (type === 'human' || type === 'HumanMessageChunk') return 'human';
  if (type === 'ai' || type === 'AIMessageChunk') return 'ai';
  return type === 'tool' || type === 'ToolMessageChunk' ? 'tool' : 'other';
}

function toText(content: string | readonly unknown[]): string {
  if (typeof content === 'string') return content;
  const parts = content.flatMap((part) => block.safeParse(part).data ?? []);
  return parts.map((part) => (typeof part === 'string' ? part : part.text)).join('');
}
