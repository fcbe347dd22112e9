/** JSON with one form for one value. */

/**
 * Writes a value as JSON with the members of every object sorted by name, so that equal values have equal text.
 * Members that are undefined are left out, as JSON.stringify does.
 *
 * @see RFC 8785 section 3.2.3
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sortMembers(value));
}

function sortMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortMembers);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sortMembers(member)]));
}
