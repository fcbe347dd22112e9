/** Waits for work that goes on for others, only as long as one caller wants it. */

/**
 * Gives what the work gives, or rejects as soon as the signal aborts; the work itself goes on.
 *
 * @throws the signal’s reason, also when it was aborted before.
 */
export function untilAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      // What a signal aborts with is its caller’s affair; it comes back as it is.
      reject(signal.reason as Error);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    const forget = (): void => {
      signal.removeEventListener('abort', onAbort);
    };
    work.finally(forget).then(resolve, reject);
  });
}
