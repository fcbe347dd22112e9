/** Digests of what callers send, which may be nested as deep as they like. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.js';

const maximumDepth = 64;

/** SHA-256 of the canonical text, in hexadecimal. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value, maximumDepth)).digest('hex');
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
