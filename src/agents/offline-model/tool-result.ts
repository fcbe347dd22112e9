/** Reads the answer to a tool call: data to report, never text to obey. */
import { z } from 'zod';
import { cloudResource } from '../../contracts/cloud-resource-tools.js';
import type { CloudResource } from '../../contracts/cloud-resource-tools.js';
import type { ArgumentIssue } from '../../errors.js';
import { outcomes } from '../../outcomes.js';
import type { FailedOutcome, OutcomeName } from '../../outcomes.js';

/** How a call ended, as far as its message tells. `lost`: there is no message; `unreadable`: an error in no known form. */
export type Ending = FailedOutcome['outcome'] | 'lost' | 'unreadable';

/** A call that failed. */
export interface FailedResult {
  readonly ok: false;
  readonly ending: Ending;
  /** The sentence for the person; with `cancelled` their own reason. */
  readonly message: string | undefined;
  readonly issues: readonly ArgumentIssue[];
  /** The server’s words. */
  readonly details: string | undefined;
}

/** The answer to a tool call. */
export type ToolResult = { readonly ok: true; readonly value: unknown } | FailedResult;

/** The answer to a call that nobody answered. */
export const lostResult: FailedResult = failed('lost');

const failure = z.object({
  outcome: z.enum(Object.keys(outcomes).filter(isFailedName)),
  message: z.string().optional(),
  issues: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .catch([])
    .default([]),
  details: z.string().optional().catch(undefined),
});

const listed = z.array(z.unknown());
const members = z.record(z.string(), z.unknown());
const place = z.object({
  slug: z.string(),
  id: z.string().optional(),
  name: z.string().optional(),
  description: z.string().optional(),
});
const kind = z.object({
  kind: z.string(),
  provider: z.string().optional(),
  description: z.string().optional(),
});
const kindSchema = z.object({
  schema: z.object({
    properties: z.record(z.string(), z.unknown()),
    required: z.array(z.string()).optional(),
  }),
});

/** An organization or an environment as the platform lists it. */
export type Place = z.output<typeof place>;

/** A resource kind as the platform lists it. */
export type Kind = z.output<typeof kind>;

/** The fields of a kind, by name. */
export interface KindFields {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly required: readonly string[];
}

/** Reads the text of a tool message. */
export function parseToolResult(text: string, isError: boolean): ToolResult {
  const value = parseJson(text);
  if (!isError) return { ok: true, value: value ?? text };
  const read = failure.safeParse(value);
  if (!read.success) return failed('unreadable', text);
  const { outcome, message, issues, details } = read.data;
  return { ok: false, ending: outcome, message, issues, details };
}

/** Reads the resource that create and get return; undefined when it is something else. */
export function toResource(value: unknown): CloudResource | undefined {
  const read = cloudResource.safeParse(value);
  return read.success ? read.data : undefined;
}

/** Reads a list of resources, leaving out what is none. */
export function toResources(value: unknown): readonly CloudResource[] {
  return toList(value).flatMap((item) => toResource(item) ?? []);
}

/** Reads a list of organizations or environments, leaving out what is none. */
export function toPlaces(value: unknown): readonly Place[] {
  return toList(value).flatMap((item) => place.safeParse(item).data ?? []);
}

/** Reads a list of kinds, leaving out what is none. */
export function toKinds(value: unknown): readonly Kind[] {
  return toList(value).flatMap((item) => kind.safeParse(item).data ?? []);
}

/** Reads the fields of a kind; undefined when the answer names none. */
export function toKindFields(value: unknown): KindFields | undefined {
  const read = kindSchema.safeParse(value);
  return read.success ? { required: [], ...read.data.schema } : undefined;
}

/** Gives the members of an object, none for anything else. */
export function toMembers(value: unknown): Readonly<Record<string, unknown>> {
  return members.safeParse(value).data ?? {};
}

function toList(value: unknown): readonly unknown[] {
  const direct = listed.safeParse(value);
  if (direct.success) return direct.data;
  // A server may wrap its list in one member, as structured results must.
  const lists = Object.values(toMembers(value)).map((member) => listed.safeParse(member).data);
  return lists.find((list) => list !== undefined) ?? [];
}

function failed(ending: Ending, details?: string): FailedResult {
  return { ok: false, ending, message: undefined, issues: [], details };
}

function isFailedName(name: string): name is Exclude<OutcomeName, 'ok'> {
  return name !== 'ok' && name in outcomes;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown; // any otherwise
  } catch {
    return undefined;
  }
}
