/**
 * One approved write on its way: it goes out once, and once more only where its server answers the same call with what
 * the first one made.
 */
import type { Logger } from '../logger.js';
import type { OutcomeName } from '../outcomes.js';
import { OutcomeError, isOutcomeError } from '../outcomes.js';
import type { ApprovalLedger, ApprovalSubject, ApprovalTarget } from '../runtime/approval-ledger.js';
import type { Slot } from '../runtime/slots.js';
import type { Toolset } from '../mcp-client/toolset.js';
import { mayComeAgain, requireApprovedServer, toApprovedNeed } from '../tools/approved-offer.js';
import type { Wrapper } from '../tools/wrapper-definition.js';
import { approvalMissing, approvalUsed } from './write-calls.js';

/** A write, and everything that decides over it. */
export interface ApprovedWrite<Answer> {
  readonly wrapper: Wrapper;
  readonly slot: Slot;
  readonly ledger: ApprovalLedger;
  readonly subject: ApprovalSubject;
  /** Whether the conversation holds the outcome of this call already. */
  readonly isAnswered: boolean;
  readonly signal: AbortSignal | undefined;
  readonly logger: Logger;
  /** Makes the call in a slot. */
  readonly proceed: (slot: Slot) => Promise<Answer>;
}

/**
 * Makes a write with the approval that was recorded for exactly this call. One whose approval was used and whose outcome
 * nobody recorded, because the process died over it or the answer was lost, is made once more where the tool says that
 * its server honours the idempotency key that both calls carry.
 *
 * @throws {@link OutcomeError} for every ending that is not `ok`.
 */
export async function makeApprovedWrite<Answer>(write: ApprovedWrite<Answer>): Promise<Answer> {
  const { wrapper, ledger, subject } = write;
  const target = await ledger.target(subject);
  const state = target === undefined ? 'unknown' : await ledger.state(subject);
  if (target === undefined || (state !== 'approved' && state !== 'used'))
    throw new OutcomeError(approvalMissing(subject.tool));
  if (state === 'used') return goOn(write, target);
  // Before the approval is spent: a tool that is not there, or is another one now, cannot use it.
  const approved = await loadApproved(write, target);
  if (!(await ledger.use(subject))) return goOn(write, target);
  try {
    return await send(write, approved);
  } catch (error) {
    if (!isOutcomeError(error)) throw error;
    const { outcome } = error.failure;
    // Refused at the door: the call was certainly not made, and the same call may go out when the run goes on.
    if (refusedAtTheDoor.has(outcome)) await ledger.giveBack(subject);
    const isLost = outcome === 'unknown-result' && write.signal?.aborted !== true;
    if (isLost && mayComeAgain(approved, wrapper)) return repeat(write, approved, error);
    throw error;
  }
}

const refusedAtTheDoor = new Set<OutcomeName>(['unavailable', 'unauthenticated', 'token-expired']);

/** Goes on with a call that went out already: earlier by a process that died, or now by another one. */
async function goOn<Answer>(write: ApprovedWrite<Answer>, target: ApprovalTarget): Promise<Answer> {
  const { wrapper, ledger, subject, isAnswered } = write;
  const unknown = await withoutApproval(write);
  if (isAnswered || !(await ledger.mayRepeat(subject))) throw unknown;
  const approved = await loadApproved(write, target).catch((error: unknown) => {
    throw toRepeatFailure(error, unknown);
  });
  if (!mayComeAgain(approved, wrapper)) throw unknown;
  return repeat(write, approved, unknown);
}

/** Sends the call once more. What it cannot tell of the first sending stays as unknown as it was. */
async function repeat<Answer>(
  write: ApprovedWrite<Answer>,
  approved: Toolset,
  unknown: OutcomeError,
): Promise<Answer> {
  const { tool, toolCallId } = write.subject;
  write.logger.info('write.repeated', { tool, toolCallId });
  try {
    return await send(write, approved);
  } catch (error) {
    throw toRepeatFailure(error, unknown);
  }
}

/** These say that the first sending made nothing either: else the server had answered with what it made. */
const tellsOfTheFirst = new Set<OutcomeName>(['conflict', 'invalid-argument']);

function toRepeatFailure(error: unknown, unknown: OutcomeError): unknown {
  if (!isOutcomeError(error) || error.failure.signIn !== undefined) return error;
  return tellsOfTheFirst.has(error.failure.outcome) ? error : unknown;
}

async function loadApproved(
  { wrapper, slot }: Pick<ApprovedWrite<unknown>, 'wrapper' | 'slot'>,
  target: ApprovalTarget,
): Promise<Toolset> {
  const toolset = await slot.toolsetFor(toApprovedNeed(wrapper, target));
  return requireApprovedServer(toolset, wrapper, target);
}

/** Calls with the tools that were looked at: others may be known by the time the call is made. */
function send<Answer>({ slot, proceed }: ApprovedWrite<Answer>, approved: Toolset): Promise<Answer> {
  return proceed({ ...slot, toolsetFor: () => Promise.resolve(approved) });
}

async function withoutApproval({ ledger, subject }: ApprovedWrite<unknown>): Promise<OutcomeError> {
  const isUsed = (await ledger.state(subject)) === 'used';
  return new OutcomeError(isUsed ? approvalUsed(subject.tool) : approvalMissing(subject.tool));
}
