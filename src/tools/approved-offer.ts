/** Holds an approved call to what the person was shown: its server, and the generation it goes through. */
import { honoursIdempotencyKey } from '../contracts/idempotency-key.js';
import { OutcomeError } from '../outcomes.js';
import type { ToolNeed, Toolset } from '../mcp-client/toolset.js';
import type { ApprovalTarget } from '../runtime/approval-ledger.js';
import type { WrapperOffer } from './find-offer.js';
import { findOffer, toLiveToolName, toMissing } from './find-offer.js';
import type { Wrapper } from './wrapper-definition.js';

/** Where a call of this offer goes. */
export function toApprovalTarget({ tool, form }: WrapperOffer): ApprovalTarget {
  return { server: tool.server, generation: form.generation };
}

/** What an approved call needs: any form of its wrapper on the approved server. */
export function toApprovedNeed(wrapper: Wrapper, { server }: ApprovalTarget): ToolNeed {
  return { server, isMet: (toolset) => findOffer(onlyOf(server, toolset), wrapper) !== undefined };
}

/**
 * Gives the tools of the approved server alone, among which the call finds no other offer than the approved one.
 *
 * @throws {@link OutcomeError} `contract` for a tool whose contract is broken; of the approved server when that is
 * missing; `unavailable` when another server has the tool now, or the server offers another generation of it; else
 * `permission-denied`.
 */
export function requireApprovedServer(toolset: Toolset, wrapper: Wrapper, target: ApprovalTarget): Toolset {
  const approved = onlyOf(target.server, toolset);
  const offer = findOffer(approved, wrapper);
  if (offer === undefined) throw toAbsence(toolset, wrapper, target);
  if (offer.comparison.verdict === 'broken') throw new OutcomeError({ outcome: 'contract' });
  if (offer.form.generation !== target.generation) throw toMoved(wrapper, target);
  return approved;
}

/**
 * Tells whether the same call may go out again while nobody knows what became of it: the tool says that its server
 * answers a key that comes again with what the first call made. A translated call looks whether the name is free before
 * it goes out, and would take its own resource for another’s.
 */
export function mayComeAgain(approved: Toolset, wrapper: Wrapper): boolean {
  const offer = findOffer(approved, wrapper);
  return offer?.form.translation === undefined && honoursIdempotencyKey(offer?.tool.definition ?? {});
}

function toAbsence(toolset: Toolset, wrapper: Wrapper, target: ApprovalTarget): OutcomeError {
  const missing = toolset.unavailable.get(target.server);
  if (missing !== undefined) return missing;
  if (findOffer(toolset, wrapper) !== undefined) return toMoved(wrapper, target);
  return toMissing(toolset, toLiveToolName(wrapper));
}

function toMoved({ name }: Wrapper, { server }: ApprovalTarget): OutcomeError {
  return new OutcomeError({
    outcome: 'unavailable',
    message: `${name} was approved for the server "${server}", which does not offer it now as it was approved; nothing was changed and the approval is not used. Try again later.`,
  });
}

function onlyOf(server: string, toolset: Toolset): Toolset {
  const tools = [...toolset.tools.values(), ...toolset.shadowed].filter((tool) => tool.server === server);
  return { ...toolset, tools: new Map(tools.map((tool) => [tool.name, tool])), shadowed: [] };
}
