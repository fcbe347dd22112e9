/** The states a resource passes through. They follow from when it was created, so a restart changes nothing. */
import type { ResourceState } from '../contracts/cloud-resource-tools.js';
import type { ResourceRow } from './platform-tables.js';

/** When a resource leaves its first states, in milliseconds after it was created. */
export interface LifecycleDurations {
  /** `pending` ends, `creating` begins; default 300. */
  readonly creatingAfterMs: number;
  /** `creating` ends in `available` or `failed`; default 1500. */
  readonly finalAfterMs: number;
}

/** The durations when nothing else is asked for. */
export const defaultLifecycle: LifecycleDurations = { creatingAfterMs: 300, finalAfterMs: 1500 };

/** A resource with this tag ends in `failed`: nothing real is created, so a failure must be asked for. */
export const simulateFailureTag = 'simulate:failed';

type Stamp = Pick<ResourceRow, 'created_at' | 'final_state'>;

/** Tells the state at a time. */
export function stateAt(row: Stamp, nowMs: number, durations: LifecycleDurations): ResourceState {
  const ageMs = nowMs - Date.parse(row.created_at);
  if (ageMs >= durations.finalAfterMs) return row.final_state;
  return ageMs >= durations.creatingAfterMs ? 'creating' : 'pending';
}

/** When each state of a resource begins, first to last, in milliseconds since the epoch. */
export function stateBeginnings(row: Stamp, durations: LifecycleDurations): number[] {
  const createdAt = Date.parse(row.created_at);
  return [0, durations.creatingAfterMs, durations.finalAfterMs].map((afterMs) => createdAt + afterMs);
}

/** What a person is told of a state; undefined when the state says it all. */
export function stateMessage(state: ResourceState): string | undefined {
  switch (state) {
    case 'pending':
      return 'Recorded; waiting to begin.';
    case 'creating':
      return 'Being created.';
    case 'failed':
      return `It failed on request: the tag "${simulateFailureTag}" was set.`;
    case 'available':
      return undefined;
  }
}
