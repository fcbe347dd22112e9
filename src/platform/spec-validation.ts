/** Checks a value against a schema and tells every fault in a sentence with the bound and the next step. */
import type { z } from 'zod';
import { InvalidArgumentError, type ArgumentIssue } from '../errors.js';
import { nearest } from './nearest.js';

/** What went wrong, as zod tells it before a message is chosen. */
type RawIssue = Parameters<z.core.$ZodErrorMap>[0];

/**
 * Checks a value and returns it.
 *
 * @param at path of the value in the arguments, e.g. `spec`; empty for the arguments themselves.
 * @throws {@link InvalidArgumentError} with every fault; none of them quotes the value.
 */
export function checkValue<T>(schema: z.ZodType<T>, value: unknown, at: string): T {
  const parsed = schema.safeParse(value, { error: (issue) => toSentence(issue) });
  if (parsed.success) return parsed.data;
  const known = fieldNames(schema);
  throw new InvalidArgumentError(parsed.error.issues.flatMap((issue) => toArgumentIssues(issue, at, known)));
}

function toSentence(issue: RawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `It is required; give a value of type ${issue.expected}.`
        : `It must be of type ${issue.expected}; give it as one.`;
    case 'invalid_value':
      return `It must be one of ${issue.values.map((each) => JSON.stringify(each)).join(', ')}; choose one.`;
    case 'too_small':
      return `At least ${String(issue.minimum)}${unitOf(issue.origin)}; give more.`;
    case 'too_big':
      return `At most ${String(issue.maximum)}${unitOf(issue.origin)}; give less.`;
    case 'not_multiple_of':
      return `It must be a multiple of ${String(issue.divisor)}; change it.`;
    case 'invalid_format':
      return `It does not have the form ${issue.format}; correct it.`;
    default:
      return 'It is not accepted; look at the schema and correct it.';
  }
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' || origin === 'set' ? ' entries' : '';
}

function toArgumentIssues(issue: z.core.$ZodIssue, at: string, known: readonly string[]): ArgumentIssue[] {
  const path = at === '' ? issue.path : [at, ...issue.path];
  if (issue.code !== 'unrecognized_keys') return [{ path: toPath(path), message: issue.message }];
  return issue.keys.slice(0, 20).map((key) => {
    const near = nearest(key.slice(0, 60), known);
    const next = near === undefined ? 'remove it.' : `did you mean ${near}?`;
    return { path: toPath([...path, key]), message: `There is no such field: ${next}` };
  });
}

/** Field names may be the caller's: they are cut, and cannot carry a line end or a terminal code into a log. */
function toPath(path: readonly PropertyKey[]): string {
  return path
    .map((part) =>
      String(part)
        .slice(0, 60)
        .replace(/[^\w-]/g, '?'),
    )
    .join('.');
}

function fieldNames(schema: z.ZodType): string[] {
  const { shape } = schema as { shape?: unknown }; // Only object schemas have one; others have no fields to suggest.
  return typeof shape === 'object' && shape !== null ? Object.keys(shape) : [];
}
