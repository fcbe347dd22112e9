/** What the model is shown: only the wrappers whose tool this user really has, as the server describes them now. */
import { findMissingServer } from '../mcp-client/find-live-tool.js';
import type { CatalogTool } from '../mcp-client/tool-catalog.js';
import type { Toolset } from '../mcp-client/toolset.js';
import { isWrapperTool } from '../tools/define-wrapper-tool.js';
import type { WrapperOffer } from '../tools/find-offer.js';
import { findOffer, toLiveToolName } from '../tools/find-offer.js';

/** The most of a live description that is shown, in characters. */
const maxDescriptionLength = 4096;

/** Told of each wrapper whose live tool is not the one it was written for. */
export type OnBrokenContract = (broken: BrokenContract) => void;

/** A live tool that must not be called. */
export interface BrokenContract {
  readonly server: string;
  readonly tool: string;
  /** What does not fit. */
  readonly reason: string;
}

/**
 * Replaces each wrapper by its live definition and leaves out those that the user does not have; other tools stay as
 * they are. A wrapper stays itself, with its own description and schema, where the live one is not the model’s: where it
 * is translated to another generation, where its contract is broken (it answers `contract`), and while an optional
 * server is down (it answers `unavailable`; with it those that name no server).
 */
export function toOfferedTools<Tool>(
  tools: readonly Tool[],
  toolset: Toolset,
  onBroken: OnBrokenContract,
): (Tool | Record<string, unknown>)[] {
  const offered: (Tool | Record<string, unknown>)[] = [];
  for (const tool of tools) {
    if (!isWrapperTool(tool)) {
      offered.push(tool);
      continue;
    }
    const offer = findOffer(toolset, tool.wrapper);
    if (offer !== undefined) {
      reportBroken(offer, onBroken);
      offered.push(isOwn(offer) ? toFunctionDefinition(tool.wrapper.name, offer.tool) : tool);
    } else if (findMissingServer(toolset, toLiveToolName(tool.wrapper)) !== undefined) offered.push(tool);
  }
  return offered;
}

function isOwn({ form, comparison }: WrapperOffer): boolean {
  return form.translation === undefined && comparison.verdict !== 'broken';
}

function reportBroken({ tool, comparison }: WrapperOffer, onBroken: OnBrokenContract): void {
  if (comparison.verdict !== 'broken') return;
  onBroken({ server: tool.server, tool: tool.name, reason: comparison.reason });
}

/**
 * A tool in the form of OpenAI’s function calling, which every chat model of LangChain binds.
 * Not a changed copy of the wrapper: createAgent refuses another tool object under a registered name.
 */
function toFunctionDefinition(name: string, live: CatalogTool): Record<string, unknown> {
  const description = live.description.slice(0, maxDescriptionLength);
  return { type: 'function', function: { name, description, parameters: live.schema } };
}
