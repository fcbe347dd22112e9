/** The ways in which a job can end. */
import type { JobEvent, JobResult } from '../contracts/worker-jobs.js';

/** The codes of ends that are no error of `src/errors.ts`; `docs/worker.md` has a row for each. */
export const endCodes = [
  'agent-unknown',
  'approval-gone',
  'cancelled',
  'job-unknown',
  'malformed',
  'not-waiting',
  'nothing-open',
  'org-mismatch',
  'steps-used',
  'tries-used',
  'turn-over',
] as const;
/** A code of an end that is no error of `src/errors.ts`. */
export type EndCode = (typeof endCodes)[number];

/** What a job still wants of its person. */
export type Wanted = Extract<JobEvent, { type: 'approval-wanted' | 'sign-in-wanted' }>;

/** How a job ends. */
export interface JobEnd {
  readonly result: JobResult;
  /** What the agent said last; of a job that is not `done`, a sentence that says why. */
  readonly message: string;
  readonly code?: string | undefined;
  /** Told before the end. */
  readonly wanted?: readonly Wanted[] | undefined;
  /** The job is given up: it goes to the dead-letter list, with the code as the reason. */
  readonly isDead?: boolean | undefined;
}

const sentences = {
  'agent-unknown': 'There is no agent of this name here; name one that langgraph.json has.',
  'approval-gone': 'This approval is not the one that is open now; answer the newest one.',
  cancelled: 'It was cancelled.',
  'job-unknown': 'Nothing is known of the job that this one goes on with; send a new message.',
  malformed: 'The job does not have the form of docs/worker.md; correct it and send it under another id.',
  'not-waiting': 'The job that this one goes on with does not wait for anything; send a new message.',
  'nothing-open': 'Nothing on this thread waits for an answer; send a message instead.',
  'org-mismatch': 'The token is of another organization than the job; enqueue it under its own.',
  'steps-used': 'The agent took more steps than it may take for one message; ask for less at once.',
  'tries-used': 'The job broke off too often and was given up; an operator finds the reason.',
  'turn-over': 'The conversation has gone on since; send a new message.',
} as const satisfies Record<EndCode, string>;

/** An end with the sentence of its code. */
export function endWith(result: JobResult, code: EndCode): JobEnd {
  return { result, code, message: sentences[code] };
}

/** The end of a job that was cancelled. @param isStopped whether nothing of it goes on elsewhere. */
export function endCancelled({ isStopped }: { readonly isStopped: boolean }): JobEnd {
  const end = endWith('cancelled', 'cancelled');
  return isStopped ? end : { ...end, message: notStopped };
}

const notStopped =
  'It was cancelled here, but the agent server did not confirm it: its run there may still go on; look at its thread.';

/** The reason of a sign-in for which a token is wanted because the one that was handed over is lost. */
export const tokenLost = 'token-lost';

/** The end of a job that waits for a good token. */
export function endForSignIn(reason: string, message: string): JobEnd {
  return { result: 'waiting', message, wanted: [{ type: 'sign-in-wanted', reason, message }] };
}

/** The event of an end. */
export function toEndedEvent({ result, message, code }: JobEnd): JobEvent {
  return { type: 'ended', result, message, ...(code === undefined ? {} : { code }) };
}
