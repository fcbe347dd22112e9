/** The messages of a thread as this model sees them: what was said, what was called, and what came back. */
import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import type { BaseMessage } from '@langchain/core/messages';
import { canonicalJson } from '../../canonical-json.js';
import { lostResult, parseToolResult } from './tool-result.js';
import type { ToolResult } from './tool-result.js';

/** A tool call of an earlier step with its answer. */
export interface Call {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly result: ToolResult;
}

/** One thing that happened, in the order of the thread. */
export type Entry =
  | { readonly from: 'person'; readonly text: string }
  | { readonly from: 'model'; readonly text: string }
  | { readonly from: 'tool'; readonly call: Call };

/** A thread, read. */
export interface Conversation {
  readonly entries: readonly Entry[];
  /** The calls since the person last wrote. */
  readonly turn: readonly Call[];
  /** What the system message says of where to work. */
  readonly given: { readonly organization: string | undefined; readonly environment: string | undefined };
}

/** Longest tool answer that is read; a longer one is cut and so no longer JSON. */
const resultLimit = 1_000_000;

/** Reads the messages of a thread, system messages included. */
export function readConversation(messages: readonly BaseMessage[]): Conversation {
  const answers = new Map(
    messages
      .filter((message) => ToolMessage.isInstance(message))
      .map((message) => [message.tool_call_id, message]),
  );
  const entries = messages.flatMap((message) => toEntries(message, answers));
  const lastWord = entries.findLastIndex((entry) => entry.from === 'person');
  const turn = entries.slice(lastWord + 1).flatMap((entry) => (entry.from === 'tool' ? [entry.call] : []));
  const system = messages
    .filter((message) => SystemMessage.isInstance(message))
    .map((message) => message.text);
  const given = { organization: lineOf(system, 'organization'), environment: lineOf(system, 'environment') };
  return { entries, turn, given };
}

/** Tells whether two calls are the same: one tool, equal arguments. */
export function isSameCall(a: Pick<Call, 'name' | 'args'>, b: Pick<Call, 'name' | 'args'>): boolean {
  return a.name === b.name && canonicalJson(a.args) === canonicalJson(b.args);
}

function toEntries(message: BaseMessage, answers: ReadonlyMap<string, ToolMessage>): readonly Entry[] {
  if (HumanMessage.isInstance(message)) return [{ from: 'person', text: message.text }];
  if (!AIMessage.isInstance(message)) return [];
  const calls = (message.tool_calls ?? []).map((call): Entry => {
    const answer = answers.get(call.id ?? '');
    const result = answer === undefined ? lostResult : toResult(answer);
    return { from: 'tool', call: { name: call.name, args: call.args, result } };
  });
  return [{ from: 'model', text: message.text }, ...calls];
}

function toResult(answer: ToolMessage): ToolResult {
  return parseToolResult(answer.text.slice(0, resultLimit), answer.status === 'error');
}

function lineOf(system: readonly string[], label: string): string | undefined {
  const pattern = new RegExp(
    `^[ \\t*-]{0,8}${label}[ \\t*]{0,4}:[ \\t*]{0,4}["'\`]?([a-z0-9][\\w.-]{0,62})["'\`*.]{0,3}[ \\t]{0,8}$`,
    'im',
  );
  const value = system.map((text) => pattern.exec(text)?.[1]).find((found) => found !== undefined);
  return value === undefined || /^(?:none|unknown|unset|undefined|null|any)$/i.test(value)
    ? undefined
    : value;
}
