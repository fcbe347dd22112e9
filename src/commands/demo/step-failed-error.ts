/** A step of the demo that did not go as it should. */

/** Says in one sentence what was expected and what came instead; the demo ends with it. */
export class StepFailedError extends Error {
  override readonly name = 'StepFailedError';
}

/**
 * Holds a step to what must be true.
 *
 * @throws {@link StepFailedError} with the sentence otherwise.
 */
export function requireStep(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new StepFailedError(otherwise);
}
