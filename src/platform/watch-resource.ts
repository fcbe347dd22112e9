/** Follows a resource through its states. */
import { NotFoundError } from '../errors.js';
import { principalKey } from '../auth/principal.js';
import type { Caller } from './caller.js';
import { findMembership } from './directory.js';
import type { PlatformContext } from './platform-context.js';
import { stateBeginnings } from './resource-lifecycle.js';
import { findResource, type PlacedResource } from './resource-store.js';
import { toResourceView, type ResourceView } from './resource-view.js';

/** How long to follow. */
export interface WatchOptions {
  /** Ends the watch; the resource goes on. */
  readonly signal: AbortSignal;
  /** Longest watch, in milliseconds. */
  readonly untilMs: number;
}

/**
 * Yields the resource once in each state, from the first to the last, until the time limit or the signal. A state that
 * went by unseen, because the process was busy, is told all the same. It continues a call of the creator that stands in
 * the trail already, and leaves no record.
 *
 * @throws {@link NotFoundError} for anyone but the creator.
 */
export async function* watchResource(
  context: PlatformContext,
  watched: { readonly caller: Caller; readonly id: string },
  { signal, untilMs }: WatchOptions,
): AsyncGenerator<ResourceView> {
  const { clock, lifecycle } = context;
  const row = await requireOwn(context, watched.caller, watched.id);
  const endsAt = clock.now() + untilMs;
  const beginnings = stateBeginnings(row, lifecycle);
  while (!signal.aborted) {
    const now = clock.now();
    while (beginnings[0] !== undefined && beginnings[0] <= now) {
      yield toResourceView(row, beginnings[0], lifecycle);
      beginnings.shift();
    }
    const [next] = beginnings;
    if (next === undefined || now >= endsAt) return;
    await clock.wait(Math.max(1, Math.min(next, endsAt) - now), signal);
  }
}

async function requireOwn(
  context: PlatformContext,
  { principal }: Caller,
  id: string,
): Promise<PlacedResource> {
  const membership = await findMembership(context.db, principal);
  const row = membership === undefined ? undefined : await findResource(context.db, id, membership.id);
  const owner = row === undefined ? undefined : { issuer: row.created_by_issuer, subject: row.created_by };
  if (row === undefined || owner === undefined || principalKey(owner) !== principalKey(principal)) {
    throw new NotFoundError('resource', id);
  }
  return row;
}
