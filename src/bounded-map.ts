/** A map that never grows without a bound: the entry unused longest goes first, and each goes when it was unused for long. */
import { runOutside } from './outside-runs.js';

/** What bounds a map. */
export interface BoundedMapOptions<Value> {
  /** The most entries kept. */
  readonly maxSize: number;
  /** How long an unused entry is kept, in milliseconds; for ever when left out. */
  readonly idleMs?: number | undefined;
  /** The time in milliseconds; default `Date.now`. */
  readonly clock?: (() => number) | undefined;
  /** Told of each entry that went by itself, not of one that was taken out. */
  readonly onDropped?: ((value: Value) => void) | undefined;
}

/** A bounded map. */
export interface BoundedMap<Value> {
  /** Gives an entry, which counts as a use of it. */
  get(key: string): Value | undefined;
  /** Puts an entry in, which counts as a use of it. */
  set(key: string, value: Value): void;
  /** Takes an entry out, which counts as no use of it. */
  take(key: string): Value | undefined;
  /** The entries, the one unused longest first. */
  values(): IterableIterator<Value>;
  keys(): IterableIterator<string>;
  size(): number;
}

interface Entry<Value> {
  readonly value: Value;
  readonly usedAt: number;
}

/** Creates an empty map. Idle entries go at the next use of the map, and by a timer that keeps no process alive. */
export function createBoundedMap<Value>(options: BoundedMapOptions<Value>): BoundedMap<Value> {
  const { maxSize, idleMs = Infinity, clock = Date.now, onDropped = () => undefined } = options;
  // A Map keeps insertion order: the first entry is the one unused longest.
  const entries = new Map<string, Entry<Value>>();

  const drop = (key: string, { value }: Entry<Value>): void => {
    entries.delete(key);
    onDropped(value);
  };

  const sweep = (): void => {
    const idleSince = clock() - idleMs;
    for (const [key, entry] of entries) {
      if (entries.size <= maxSize && entry.usedAt > idleSince) return;
      drop(key, entry);
    }
  };

  const timer = createIdleTimer(() => {
    const [oldest] = entries.values();
    return oldest === undefined || idleMs === Infinity ? undefined : oldest.usedAt + idleMs - clock();
  }, sweep);

  const remove = (key: string): Value | undefined => {
    const entry = entries.get(key);
    entries.delete(key);
    if (entries.size === 0) timer.stop();
    return entry?.value;
  };

  const put = (key: string, value: Value): void => {
    entries.delete(key);
    entries.set(key, { value, usedAt: clock() });
    sweep();
    timer.arm();
  };

  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (clock() - entry.usedAt >= idleMs) {
        // The sweep stops at an entry from before the clock was set back.
        drop(key, entry);
        sweep();
        return undefined;
      }
      put(key, entry.value);
      return entry.value;
    },
    set: put,
    take: remove,
    *values() {
      for (const { value } of entries.values()) yield value;
    },
    keys: () => entries.keys(),
    size: () => entries.size,
  };
}

interface IdleTimer {
  arm(): void;
  stop(): void;
}

/** Calls back when the oldest entry is due, and again for the next one. */
function createIdleTimer(dueInMs: () => number | undefined, onTime: () => void): IdleTimer {
  let timer: NodeJS.Timeout | undefined;
  const fire = (): void => {
    timer = undefined;
    onTime();
    arm();
  };
  const arm = (): void => {
    const waitMs = timer === undefined ? dueInMs() : undefined;
    if (waitMs === undefined) return;
    // The timer of a map outlives the run that happens to fill it.
    timer = runOutside(() => setTimeout(fire, Math.max(1, waitMs)).unref());
  };
  return {
    arm,
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
