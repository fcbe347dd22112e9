import { describe, expect, it } from 'vitest';
import type { FailedOutcome } from '../../../src/outcomes.js';
import { OutcomeError } from '../../../src/outcomes.js';
import { withSentences } from '../../../src/tools/platform-generations/newer-failures.js';

const fail = (failure: FailedOutcome) => () => Promise.reject(new OutcomeError(failure));

describe('withSentences', () => {
  it('gives the sentence’s outcome and keeps the words', async () => {
    const failure = { outcome: 'unknown-result', details: 'Permission denied for x. Check.' } as const;

    await expect(withSentences(true, fail(failure))).rejects.toMatchObject({
      failure: { outcome: 'permission-denied', details: failure.details },
    });
  });

  it.each([
    { outcome: 'unknown-result' },
    { outcome: 'unavailable', details: 'Permission denied for x.' },
    { outcome: 'conflict', details: 'x not found. Verify the identifiers are correct.' },
    { outcome: 'unauthenticated', signIn: 'refused' },
  ] as const)('leaves what was decided already: %o', async (failure) => {
    await expect(withSentences(true, fail(failure))).rejects.toMatchObject({ failure });
  });

  it('lets results and other errors through', async () => {
    const error = new Error('aborted');

    expect(await withSentences(false, () => Promise.resolve(1))).toBe(1);
    await expect(withSentences(false, () => Promise.reject(error))).rejects.toBe(error);
  });
});
