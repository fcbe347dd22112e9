/** Waits for work that goes on for others, only as long as one caller wants it. */

/**
 * Gives what the work gives, or rejects as soon as the signal aborts; the work itself goes on.
 *
 * @throws the signal’s reason, also when it was aborted before.
 */
export async function untilAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      // What a signal aborts with is its caller’s affair; it comes back as it is.
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
