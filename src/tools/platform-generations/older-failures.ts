/** Failures of the older generation: an ordinary text with `error` and `message`, never `isError`. */
import type { FailedOutcome } from '../../outcomes.js';
import { OutcomeError } from '../../outcomes.js';
import { toDetails } from './failure-words.js';
import { membersOf, textOf } from './platform-answer.js';

type Outcome = FailedOutcome['outcome'];

/** By code; a pair is of a read and of a write, which may have been made. Its own codes first, then those of gRPC. */
const outcomeOfCode: Readonly<Record<string, Outcome | readonly [read: Outcome, write: Outcome]>> = {
  INVALID_ARGUMENT: 'invalid-argument',
  INVALID_CLOUD_RESOURCE_KIND: 'invalid-argument',
  INVALID_SPEC_DATA: 'invalid-argument',
  UNAUTHENTICATED: 'unauthenticated',
  PERMISSION_DENIED: 'permission-denied',
  NOT_FOUND: 'not-found',
  // The platform behind it was not called.
  CLIENT_ERROR: 'unavailable',
  SCHEMA_EXTRACTION_ERROR: 'unavailable',
  UNAVAILABLE: ['unavailable', 'unknown-result'],
  INTERNAL_ERROR: ['unavailable', 'unknown-result'],
  UNKNOWN_ERROR: ['unavailable', 'unknown-result'],
  AlreadyExists: 'conflict',
  InvalidArgument: 'invalid-argument',
  OutOfRange: 'invalid-argument',
  FailedPrecondition: 'invalid-argument',
  // Also of an answer that is larger than what is behind it reads, after the work was done.
  ResourceExhausted: ['unavailable', 'unknown-result'],
  Unimplemented: 'contract',
  Aborted: ['unavailable', 'unknown-result'],
  Canceled: ['unavailable', 'unknown-result'],
  DataLoss: ['unavailable', 'unknown-result'],
  DeadlineExceeded: ['unavailable', 'unknown-result'],
  Internal: ['unavailable', 'unknown-result'],
  Unknown: ['unavailable', 'unknown-result'],
};

/** Words of no known meaning do not say that nothing was changed. */
const ofOtherCode = ['invalid-argument', 'unknown-result'] as const;

/** Throws what an answer tells of an error; returns when it tells none. @throws {@link OutcomeError} */
export function requireNoFailure(answer: unknown, isWrite: boolean): void {
  const code = textOf(answer, 'error');
  const message = membersOf(answer).message;
  if (code === undefined || typeof message !== 'string') return;
  const known = Object.hasOwn(outcomeOfCode, code) ? outcomeOfCode[code] : undefined;
  const outcome = known ?? ofOtherCode;
  throw new OutcomeError({
    outcome: typeof outcome === 'string' ? outcome : outcome[isWrite ? 1 : 0],
    details: toDetails([message, textOf(answer, 'hint')].filter(Boolean).join(' ')),
  });
}
