/** How a turn stands when nothing more is done for it now. */
import { isApprovalRequest } from '../middleware/decisions.js';
import { isSignInRequest } from '../middleware/sign-in.js';
import type { JobEnd, Wanted } from './job-ends.js';
import type { HeldJob } from './job-record.js';
import type { OpenQuestion, ThreadView } from './thread-view.js';
import { answerTo } from './thread-view.js';

/** Gives the end of a job whose run has stopped. */
export function toTurnEnd(job: HeldJob, view: ThreadView): JobEnd {
  const [first, ...others] = view.open.map(toWanted);
  if (first === undefined) return { result: 'done', message: answerTo(view, job.root) };
  const message =
    first.type === 'sign-in-wanted' ? first.message : 'It waits for the decision of its person.';
  return { result: 'waiting', message, wanted: [first, ...others] };
}

function toWanted({ id, value }: OpenQuestion): Wanted {
  if (isSignInRequest(value)) return { type: 'sign-in-wanted', reason: value.reason, message: value.message };
  // Of another agent’s question, whatever it asks, the answer goes the same way.
  return { type: 'approval-wanted', interruptId: id, request: isApprovalRequest(value) ? value : { value } };
}
