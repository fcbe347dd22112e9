/** What is held of one server’s list for one person, and when it ends. Times are in milliseconds since the epoch. */
import type { BearerToken } from '../auth/bearer-token.js';
import type { OutcomeError } from '../outcomes.js';
import type { ToolListEnd } from './mcp-observer.js';
import type { ToolCatalog } from './tool-catalog.js';

/** How long a list is used at least: a turn asks for it several times, and a server may say `ttlMs: 0` or tell of changes without end. */
const minAgeMs = 5000;
/** How long a failure is kept of a server that is not required. */
const failureMs = 5000;

/** One list. */
export interface HeldList {
  known?: { readonly catalog: ToolCatalog; readonly readAt: number; staleAt: number };
  failure?: { readonly error: OutcomeError; readonly dueAt: number; readonly token: BearerToken };
  reading?: Promise<ToolCatalog>;
  /** A reading for somebody who only looks. */
  probing?: Promise<ToolCatalog>;
  /** When the server told of a change last. */
  changedAt: number;
}

/** What is known of a list. */
export type ToolListState =
  | { readonly kind: 'unknown' }
  /** `reading` is set while it is read again. */
  | {
      readonly kind: 'fresh' | 'stale';
      readonly catalog: ToolCatalog;
      readonly reading?: Promise<ToolCatalog> | undefined;
    }
  /** A server that is not required did not answer. `isDue` says that it may be asked again. */
  | { readonly kind: 'failed'; readonly error: OutcomeError; readonly isDue: boolean };

/** Says what is known now. A failure counts for the token it was met with: a new one may be let in. */
export function stateOf(
  { known, failure, reading }: HeldList,
  token: BearerToken,
  now: number,
): ToolListState {
  if (failure !== undefined) {
    const { error, dueAt } = failure;
    return { kind: 'failed', error, isDue: now >= dueAt || token !== failure.token };
  }
  if (known === undefined) return { kind: 'unknown' };
  return { kind: now < known.staleAt ? 'fresh' : 'stale', catalog: known.catalog, reading };
}

/** What a list that came is kept by. */
export interface ListAge {
  readonly askedAt: number;
  readonly readAt: number;
  /** How long the server says that it may be used; undefined where it does not say. */
  readonly ttlMs: number | undefined;
  readonly maxAgeMs: number;
  /** When the token ends that it was read with. */
  readonly endsAt: number;
}

/** Puts a list that came in the place of what was there. */
export function keepList(held: HeldList, catalog: ToolCatalog, age: ListAge): void {
  const { askedAt, readAt, ttlMs, maxAgeMs, endsAt } = age;
  const ageMs = Math.min(maxAgeMs, Math.max(ttlMs ?? maxAgeMs, minAgeMs));
  held.known = { catalog, readAt, staleAt: Math.min(readAt + ageMs, endsAt) };
  delete held.failure;
  if (held.changedAt >= askedAt) markStale(held);
}

/** Keeps why a server that is not required did not answer. */
export function keepFailure(
  held: HeldList,
  error: OutcomeError,
  at: { now: number; token: BearerToken },
): void {
  held.failure = { error, dueAt: at.now + failureMs, token: at.token };
  delete held.known;
}

/** Notes that the server told of a change. */
export function markChanged(held: HeldList, now: number): void {
  held.changedAt = now;
  markStale(held);
}

function markStale({ known }: HeldList): void {
  if (known !== undefined) known.staleAt = Math.min(known.staleAt, known.readAt + minAgeMs);
}

/** Why a list is read again: it has expired, its server told of a change, or somebody wanted to see it anew. */
export function endOf({ known, changedAt }: HeldList, now: number): ToolListEnd {
  if (known === undefined || now < known.staleAt) return 'replaced';
  return changedAt >= known.readAt ? 'changed' : 'expired';
}
