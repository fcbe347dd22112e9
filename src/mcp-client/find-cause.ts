/** Looks for an error among the causes of another: the SDK wraps what its `fetch` throws while it connects. */

const maxDepth = 10;

/** Gives the error itself or the nearest of its causes that `matches`; undefined when there is none. */
export function findCause<Found extends Error>(
  error: unknown,
  matches: (cause: Error) => cause is Found,
): Found | undefined {
  let current = error;
  for (let depth = 0; depth < maxDepth && current instanceof Error; depth += 1) {
    if (matches(current)) return current;
    current = current.cause;
  }
  return undefined;
}
