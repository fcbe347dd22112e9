/** Turns any value into one that is safe and small enough to log. */
import { redact } from './redaction.js';

const secretName =
  /^(?:authorization|cookie|set-cookie|.*(?:token|password|passwd|secret|(?:api|private|seal|access)_?key))$/i;
const maximumDepth = 4;
const maximumMembers = 50;
const maximumText = 4_000;

/**
 * Copies a value for the log: strings redacted and cut at 4 000 characters, fields that are named like secrets replaced,
 * errors as name, code and message, at most 4 levels of 50 members. Never throws, also when a getter does.
 */
export function toLogValue(name: string, value: unknown): unknown {
  try {
    return copyValue(name, value, 0);
  } catch {
    return '[unreadable]';
  }
}

function copyValue(name: string, value: unknown, depth: number): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return value;
  if (value === undefined) return undefined;
  if (secretName.test(name)) return '[redacted]';
  if (typeof value === 'string') return copyText(value);
  if (typeof value !== 'object') return typeof value === 'bigint' ? String(value) : `[${typeof value}]`;
  if (depth >= maximumDepth) return '[deep]';
  if (value instanceof Error) return copyError(value, depth);
  if (hasToJson(value)) return copyValue(name, value.toJSON(), depth + 1);
  if (Array.isArray(value)) {
    return value.slice(0, maximumMembers).map((member: unknown) => copyValue('', member, depth + 1));
  }
  const members = Object.entries(value).slice(0, maximumMembers);
  return Object.fromEntries(
    members.map(([key, member]) => [copyText(key), copyValue(key, member, depth + 1)]),
  );
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

function copyText(text: string): string {
  const redacted = redact(text);
  return redacted.length <= maximumText ? redacted : `${redacted.slice(0, maximumText)}[cut]`;
}

function copyError(error: Error, depth: number): unknown {
  const code = 'code' in error && typeof error.code === 'string' ? { code: copyText(error.code) } : {};
  const cause = error.cause === undefined ? {} : { cause: copyValue('cause', error.cause, depth + 1) };
  return { name: copyText(error.name), ...code, message: copyText(error.message), ...cause };
}
