import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBoundedMap } from '../src/bounded-map.js';

describe('createBoundedMap', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('lets the entry unused longest go when there is no room', () => {
    const { map, dropped } = createWatchedMap({ maxSize: 2 });
    map.set('a', 1);
    map.set('b', 2);
    map.get('a');

    map.set('c', 3);

    expect(map.get('b')).toBeUndefined();
    expect([...map.values()]).toEqual([1, 3]);
    expect(dropped).toEqual([2]);
  });

  it('gives no entry that was unused too long', () => {
    const map = createBoundedMap<number>({ maxSize: 9, idleMs: 1000 });
    map.set('a', 1);

    vi.setSystemTime(Date.now() + 1000);

    expect(map.get('a')).toBeUndefined();
    expect(map.size()).toBe(0);
  });

  it('tells of the entry that it says is gone, though one from before the clock was set back stands first', () => {
    let now = 1_000_000;
    const dropped: string[] = [];
    const map = createBoundedMap<string>({
      maxSize: 9,
      idleMs: 1000,
      clock: () => now,
      onDropped: (value) => dropped.push(value),
    });
    map.set('a', 'first');
    now -= 300_000;
    map.set('b', 'second');
    now += 1000;

    expect(map.get('b')).toBeUndefined();

    expect(dropped).toEqual(['second']);
    expect([...map.values()]).toEqual(['first']);
  });

  it('keeps an entry that is used', () => {
    const map = createBoundedMap<number>({ maxSize: 9, idleMs: 1000 });
    map.set('a', 1);

    vi.advanceTimersByTime(999);
    map.get('a');
    vi.advanceTimersByTime(999);

    expect(map.get('a')).toBe(1);
  });

  it('lets idle entries go though nobody uses it, and has no timer then', () => {
    const { map, dropped } = createWatchedMap({ maxSize: 9, idleMs: 1000 });
    map.set('a', 1);
    vi.advanceTimersByTime(500);
    map.set('b', 2);

    vi.advanceTimersByTime(2000);

    expect(dropped).toEqual([1, 2]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets each entry go at its own time', () => {
    const { map, dropped } = createWatchedMap({ maxSize: 9, idleMs: 1000 });
    map.set('a', 1);
    vi.advanceTimersByTime(900);
    map.set('b', 2);

    vi.advanceTimersByTime(999);
    expect(dropped).toEqual([1]);
    vi.advanceTimersByTime(1);

    expect(dropped).toEqual([1, 2]);
  });

  it('gives an entry away without telling of it', () => {
    const { map, dropped } = createWatchedMap({ maxSize: 1 });
    map.set('a', 1);

    expect([map.take('a'), map.take('a'), map.size()]).toEqual([1, undefined, 0]);
    expect(dropped).toEqual([]);
  });

  it('replaces an entry under the same key', () => {
    const map = createBoundedMap<number>({ maxSize: 1 });
    map.set('a', 1);
    map.set('a', 2);

    expect([...map.values()]).toEqual([2]);
    expect(map.take('a')).toBe(2);
    expect(map.take('a')).toBe(undefined);
  });
});

function createWatchedMap(bounds: { readonly maxSize: number; readonly idleMs?: number }) {
  const dropped: number[] = [];
  const map = createBoundedMap<number>({ ...bounds, onDropped: (value) => dropped.push(value) });
  return { map, dropped };
}
