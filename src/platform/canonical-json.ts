/** One text for one value, so that equal values have equal digests. */
import { createHash } from 'node:crypto';

const maximumDepth = 64;

/**
 * Writes a value made of JSON's types with its members sorted by name. Values nested deeper than 64 levels are replaced by a mark:
 * the text is for digests, and a request must not be able to exhaust the stack.
 */
export function canonicalJson(value: unknown, depth = 0): string {
  if (depth > maximumDepth) return '"[deeper]"';
  if (Array.isArray(value))
    return `[${value.map((entry) => canonicalJson(entry ?? null, depth + 1)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member, depth + 1)}`);
  return `{${members.join(',')}}`;
}

/** SHA-256 of the canonical text, in hexadecimal. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** Copies a value without the members of these names, at any depth; what is nested deeper than 64 levels is left out. */
export function withoutMembers(value: unknown, names: ReadonlySet<string>, depth = 0): unknown {
  if (depth > maximumDepth) return undefined;
  if (Array.isArray(value)) return value.map((entry: unknown) => withoutMembers(entry, names, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([name]) => !names.has(name));
  return Object.fromEntries(
    members.map(([name, member]) => [name, withoutMembers(member, names, depth + 1)]),
  );
}
