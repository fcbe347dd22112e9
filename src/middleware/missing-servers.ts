/** Tells a person, once in a conversation, which servers are missing from it. */
import type { BaseMessage } from '@langchain/core/messages';
import { AIMessage } from '@langchain/core/messages';
import { findMissingServer } from '../mcp-client/find-live-tool.js';
import type { Toolset } from '../mcp-client/toolset.js';
import type { WrapperTool } from '../tools/define-wrapper-tool.js';
import { findOffer, toLiveToolName } from '../tools/find-offer.js';

/** Marks the messages of this file; they are for the person alone. */
const mark = 'graphFleetNotice';

/** The names of the servers that are down and may have a tool of the agent which no other has; sorted. */
export function findMissingServers(toolset: Toolset, tools: readonly WrapperTool[]): readonly string[] {
  const names = new Set<string>();
  for (const { wrapper } of tools) {
    const wanted = toLiveToolName(wrapper);
    if (findOffer(toolset, wrapper) !== undefined || findMissingServer(toolset, wanted) === undefined)
      continue;
    for (const name of wanted.server === undefined ? toolset.unavailable.keys() : [wanted.server])
      names.add(name);
  }
  return [...names].sort();
}

/** Of the missing servers those that the person was not told of in this conversation. */
export function findUntoldServers(
  toolset: Toolset,
  tools: readonly WrapperTool[],
  told: readonly string[] = [],
): readonly string[] {
  return findMissingServers(toolset, tools).filter((name) => !told.includes(name));
}

/** What was told before stays told. */
export function joinTold(told: readonly string[] = [], now: readonly string[] = []): readonly string[] {
  return now.length === 0 ? told : [...new Set([...told, ...now])];
}

/** The message that tells of missing servers. */
export function toNotice(servers: readonly string[]): AIMessage {
  return new AIMessage({ content: sentenceOf(servers), additional_kwargs: { [mark]: true } });
}

/**
 * The conversation as the model reads it: without the notices. A model must not see one as its own last answer, and
 * some models go on from such a message in place of answering.
 */
export function withoutNotices(messages: BaseMessage[]): BaseMessage[] {
  const kept = messages.filter((message) => message.additional_kwargs[mark] !== true);
  return kept.length === messages.length ? messages : kept;
}

/** What the model is told beside its prompt, so that it does not promise what is missing. */
export function toModelNote(servers: readonly string[]): string {
  return `\n\nThe user has been told: ${sentenceOf(servers)} Tools of what is missing answer "unavailable" until it is back.`;
}

function sentenceOf(servers: readonly string[]): string {
  const names = servers.map((name) => `"${name}"`).join(', ');
  return servers.length === 1
    ? `The server ${names} cannot be reached now. The conversation goes on without what it offers.`
    : `The servers ${names} cannot be reached now. The conversation goes on without what they offer.`;
}
