/** Failures of the newer generation: results with `isError` and one plain sentence. */
import type { FailedOutcome } from '../../outcomes.js';
import { OutcomeError, isOutcomeError } from '../../outcomes.js';

type Outcome = FailedOutcome['outcome'];

interface Sentence {
  readonly pattern: RegExp;
  readonly read: Outcome;
  readonly write: Outcome;
}

function always(pattern: RegExp, outcome: Outcome): Sentence {
  return { pattern, read: outcome, write: outcome };
}

/** The platform behind the server may have carried a write out. */
function lost(pattern: RegExp): Sentence {
  return { pattern, read: 'unavailable', write: 'unknown-result' };
}

/** The sentences it makes of the codes of gRPC, in the order they are tried. */
const sentences: readonly Sentence[] = [
  always(/^Authentication failed\b/, 'unauthenticated'),
  always(/^Permission denied for /, 'permission-denied'),
  lost(/^Request timed out\b/),
  lost(/^Planton server is unavailable\b/),
  always(/^unexpected error: .*\balready exists\b/is, 'conflict'),
  lost(/^unexpected error: /),
  always(/ not found\. Verify the identifiers are correct\.$/, 'not-found'),
];

/**
 * Any other sentence is the check of the arguments, by the server or by the platform behind it. Should it be something
 * else after all, the next try looks first whether the resource exists.
 */
const ofOtherSentence: Outcome = 'invalid-argument';

/** Runs a call and gives its failure the outcome that its sentence tells. @throws {@link OutcomeError} */
export async function withSentences<Result>(isWrite: boolean, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (!isOutcomeError(error) || !isUnread(error.failure)) throw error;
    const { details } = error.failure;
    const sentence = sentences.find(({ pattern }) => pattern.test(details));
    const outcome = sentence === undefined ? ofOtherSentence : sentence[isWrite ? 'write' : 'read'];
    throw new OutcomeError({ outcome, details });
  }
}

/** A result without a code: what it means was left open. One whose answer was lost has no words. */
function isUnread(failure: FailedOutcome): failure is FailedOutcome & { readonly details: string } {
  const { outcome, details } = failure;
  return details !== undefined && (outcome === 'invalid-argument' || outcome === 'unknown-result');
}
