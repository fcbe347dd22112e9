/** Tells a person, once in a conversation, which servers are missing from it. */
import type { BaseMessage } from '@langchain/core/messages';
import { AIMessage } from '@langchain/core/messages';
import { z } from 'zod';
import type { Toolset } from '../mcp-client/toolset.js';
import type { FailedOutcome } from '../outcomes.js';
import type { WrapperTool } from '../tools/define-wrapper-tool.js';
import { findOffer } from '../tools/find-offer.js';

/** Marks the messages of this file; they are for the person alone. */
const mark = 'graphFleetNotice';

/** A server that is down, or does not let the person in. */
export interface MissingServer {
  readonly name: string;
  readonly outcome: FailedOutcome['outcome'];
}

/** The servers that are missing and may have a tool of the agent which no other has, by name. */
export function findMissingServers(
  toolset: Toolset,
  tools: readonly WrapperTool[],
): readonly MissingServer[] {
  if (toolset.unavailable.size === 0) return [];
  const missed = tools
    .filter(({ wrapper }) => findOffer(toolset, wrapper) === undefined)
    .map(({ wrapper }) => wrapper.server);
  return [...toolset.unavailable]
    .filter(([name]) => missed.includes(name) || missed.includes(undefined))
    .map(([name, { failure }]) => ({ name, outcome: failure.outcome }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Of the missing servers those that the person was not told of in this conversation. */
export function findUntoldServers(
  toolset: Toolset,
  tools: readonly WrapperTool[],
  told: unknown,
): readonly MissingServer[] {
  const missing = findMissingServers(toolset, tools);
  const names = missing.length === 0 ? [] : toTold(told);
  return missing.filter(({ name }) => !names.includes(name));
}

/** What was told before stays told. What a client writes into the state in place of names is nothing. */
export function joinTold(told: unknown, now: unknown): readonly string[] {
  return [...new Set([...toTold(told), ...toTold(now)])].slice(0, maxTold);
}

/** More servers than a file names; a client may write any number. */
const maxTold = 200;
const serverNames = z.array(z.string().max(64)).catch([]);

function toTold(told: unknown): readonly string[] {
  return serverNames.parse(told);
}

/** The message that tells of missing servers. */
export function toNotice(servers: readonly MissingServer[]): AIMessage {
  return new AIMessage({ content: sentenceOf(servers), additional_kwargs: { [mark]: true } });
}

/**
 * The conversation as the model reads it: without the notices. A model must not see one as its own last answer, and
 * some models go on from such a message in place of answering.
 */
export function withoutNotices(messages: BaseMessage[]): BaseMessage[] {
  const kept = messages.filter(
    (message) => !AIMessage.isInstance(message) || message.additional_kwargs[mark] !== true,
  );
  return kept.length === messages.length ? messages : kept;
}

/** What the model is told beside its prompt, so that it does not promise what is missing. */
export function toModelNote(servers: readonly MissingServer[]): string {
  return `\n\nThe user has been told: ${sentenceOf(servers)} Tools of what is missing answer "unavailable" until it is back.`;
}

/** What each outcome of a listing says of its server; any other is the administrator’s affair. */
const sayings: Partial<Record<FailedOutcome['outcome'], string>> = {
  unavailable: 'cannot be reached now',
  unauthenticated: 'did not accept your sign-in',
  'token-expired': 'did not accept your sign-in',
  'permission-denied': 'did not let you in',
};

function sentenceOf(servers: readonly MissingServer[]): string {
  const bySaying = new Map<string, string[]>();
  for (const { name, outcome } of servers) {
    const saying = sayings[outcome] ?? 'cannot be used now';
    bySaying.set(saying, [...(bySaying.get(saying) ?? []), `"${name}"`]);
  }
  const sentences = [...bySaying].map(
    ([saying, names]) => `The server${names.length === 1 ? '' : 's'} ${names.join(', ')} ${saying}.`,
  );
  const offer = servers.length === 1 ? 'it offers' : 'they offer';
  return `${sentences.join(' ')} The conversation goes on without what ${offer}.`;
}
