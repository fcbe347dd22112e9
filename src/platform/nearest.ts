/** Finds what a misspelt word was probably meant to be. */

/**
 * The candidate that needs the fewest single-letter changes, if a third of its letters or fewer; ties go to the first.
 *
 * @param toKey how a candidate is spelt for the comparison.
 */
export function nearest(
  word: string,
  candidates: readonly string[],
  toKey: (candidate: string) => string = (candidate) => candidate,
): string | undefined {
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const key = toKey(candidate);
    const distance = editDistance(word, key);
    if (distance <= Math.floor(key.length / 3) && distance < (best?.distance ?? Infinity))
      best = { candidate, distance };
  }
  return best?.candidate;
}

/** Levenshtein distance, row by row. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= other.length; column += 1) {
      const change = (row[column - 1] ?? 0) + (letter === other[column - 1] ? 0 : 1);
      next.push(Math.min(change, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
