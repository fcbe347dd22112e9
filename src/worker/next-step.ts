/** What is to be done for a job, as its thread stands now: the same for a first attempt and for one after a crash. */
import type { ApprovalRequest } from '../middleware/decisions.js';
import { isApprovalRequest, parseDecisions } from '../middleware/decisions.js';
import { isSignInRequest } from '../middleware/sign-in.js';
import type { EndCode } from './job-ends.js';
import type { HeldJob } from './job-record.js';
import type { OpenQuestion, ThreadView } from './thread-view.js';

/**
 * The next step. `send`: give the person’s message to the agent. `answer`: resume with a value. `go-on`: do the steps
 * that are left. `over`: nothing is left to do, and how the turn stands can be told. `refuse`: the job asks for
 * something that is not so.
 */
export type NextStep =
  | { readonly kind: 'send' | 'go-on' | 'over' }
  | { readonly kind: 'answer'; readonly resume: unknown }
  | { readonly kind: 'refuse'; readonly code: EndCode };

/**
 * Decides on the next step.
 *
 * @throws {@link ResumeInvalidError} for decisions that do not answer the open approval, which stays open.
 */
export function nextStep(job: HeldJob, view: ThreadView): NextStep {
  const { messages, open, hasNext } = view;
  const isDelivered = messages.some(({ id }) => id === job.root);
  if (!isDelivered) return job.decisions === undefined ? { kind: 'send' } : refuse('nothing-open');
  const last = messages.findLast(({ kind }) => kind === 'human');
  if (last?.id !== job.root) return refuse('turn-over');
  if (open.length > 0) return answerOpen(job, open);
  // Decisions were handed over by an earlier attempt, or there is nothing that they could answer.
  if (job.decisions !== undefined && job.answered === undefined) return refuse('nothing-open');
  return { kind: hasNext ? 'go-on' : 'over' };
}

/**
 * Answers what is open. While a sign-in is, it is all that a job answers, by its id: LangGraph gives a plain answer to
 * every question of the step.
 */
function answerOpen(job: HeldJob, open: readonly OpenQuestion[]): NextStep {
  const signIns = open.filter(({ value }) => isSignInRequest(value));
  if (job.of === undefined) return { kind: 'over' };
  if (signIns.length > 0)
    return { kind: 'answer', resume: Object.fromEntries(signIns.map(({ id }) => [id, true])) };
  if (job.decisions === undefined) return { kind: 'over' };
  const asked = open.find(({ id }) => job.asked?.includes(id));
  // What an earlier attempt opened after its answer is a new question.
  if (asked === undefined) return job.answered === undefined ? refuse('approval-gone') : { kind: 'over' };
  if (!isApprovalRequest(asked.value)) return { kind: 'over' };
  requireDecisions(job.decisions, asked.value);
  return { kind: 'answer', resume: { decisions: job.decisions } };
}

function requireDecisions(decisions: readonly unknown[], request: ApprovalRequest): void {
  parseDecisions({ decisions }, request);
}

function refuse(code: EndCode): NextStep {
  return { kind: 'refuse', code };
}
