/** Finds what a principal is offered behind a wrapper: the live tool, and the form in which it is called. */
import type { ContractComparison } from '../contracts/compare-contract.js';
import type { LiveToolName } from '../mcp-client/find-live-tool.js';
import { findMissingServer, findTool } from '../mcp-client/find-live-tool.js';
import type { CatalogTool } from '../mcp-client/tool-catalog.js';
import type { ToolNeed, Toolset } from '../mcp-client/toolset.js';
import { OutcomeError } from '../outcomes.js';
import type { ServerOffer, Wrapper, WrapperDefinition } from './wrapper-definition.js';
import type { WrapperForm } from './wrapper-forms.js';

/** What is offered behind a wrapper. */
export interface WrapperOffer {
  readonly tool: CatalogTool;
  readonly form: WrapperForm;
  /** How the form fits the live tool; `broken` for a tool that must not be called. */
  readonly comparison: ContractComparison;
}

/** The live tool behind a wrapper’s own form. */
export function toLiveToolName({ name, tool = name, server }: WrapperDefinition): LiveToolName {
  return { name: tool, server };
}

/**
 * Finds the first form that is offered and whose contract is not broken; else the first that is offered; undefined when
 * none is.
 */
export function findOffer(toolset: Toolset, wrapper: Wrapper): WrapperOffer | undefined {
  let broken: WrapperOffer | undefined;
  for (const form of wrapper.forms) {
    const tool = findTool(toolset, { name: form.tool, server: wrapper.server });
    if (tool === undefined || form.translation?.isSpoken?.(offerOf(toolset, tool.server)) === false) continue;
    const offer = { tool, form, comparison: form.compare(tool.schema) };
    if (offer.comparison.verdict !== 'broken') return offer;
    broken ??= offer;
  }
  return broken;
}

/** What a call of a wrapper needs: any form of it. */
export function toToolNeed(wrapper: Wrapper): ToolNeed {
  return { server: wrapper.server, isMet: (toolset) => findOffer(toolset, wrapper) !== undefined };
}

/**
 * Gives what may be called behind a wrapper.
 *
 * @throws {@link OutcomeError} `contract` for a tool whose contract is broken; of the server that is missing and may
 * offer it; else `permission-denied`.
 */
export function requireOffer(toolset: Toolset, wrapper: Wrapper): WrapperOffer {
  const offer = findOffer(toolset, wrapper);
  if (offer === undefined) throw toMissing(toolset, toLiveToolName(wrapper));
  if (offer.comparison.verdict === 'broken') throw new OutcomeError({ outcome: 'contract' });
  return offer;
}

/** Why a tool is not in a toolset: its server is down, or this person is not offered it. */
export function toMissing(toolset: Toolset, wanted: LiveToolName): OutcomeError {
  return (
    findMissingServer(toolset, wanted) ??
    new OutcomeError({
      outcome: 'permission-denied',
      message: `The tool ${wanted.name} is not offered to you; an administrator of the organization can grant it.`,
    })
  );
}

function offerOf(toolset: Toolset, server: string): ServerOffer {
  const schema: ServerOffer['schema'] = (name) => findTool(toolset, { name, server })?.schema;
  return { schema, has: (name) => schema(name) !== undefined };
}
