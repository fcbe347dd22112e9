/** JSON with one text for one value, so that equal values have equal digests. */

/**
 * Writes a value made of JSON's types with the members of every object sorted by name. Members that are undefined are
 * left out, as JSON.stringify does.
 *
 * @param levels how deep it reads; what is nested deeper becomes one mark, so that a request cannot exhaust the stack.
 * Without it two values have one text only when they are equal.
 * @see RFC 8785 section 3.2.3
 */
export function canonicalJson(value: unknown, levels = Number.POSITIVE_INFINITY): string {
  if (levels < 0) return '"[deeper]"';
  if (Array.isArray(value))
    return `[${value.map((entry) => canonicalJson(entry ?? null, levels - 1)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member, levels - 1)}`);
  return `{${members.join(',')}}`;
}
