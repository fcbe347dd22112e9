import { describe, expect, it } from 'vitest';
import { createRateLimit } from '../src/rate-limit.js';
import { createManualClock } from '../src/testing/manual-clock.js';

describe('createRateLimit', () => {
  it('lets a burst through, then tells how long to wait, then refills', () => {
    const clock = createManualClock();
    const limit = createRateLimit({ perSecond: 2, burst: 3, clock });

    expect([1, 2, 3, 4].map(() => limit.take('alice'))).toEqual([0, 0, 0, 1]);
    clock.advance(500);
    expect([limit.take('alice'), limit.take('alice')]).toEqual([0, 1]);
    clock.advance(60_000);
    expect([1, 2, 3, 4].map(() => limit.take('alice'))).toEqual([0, 0, 0, 1]);
  });

  it('counts each key for itself', () => {
    const limit = createRateLimit({ perSecond: 1, burst: 1, clock: createManualClock() });
    expect([limit.take('alice'), limit.take('alice'), limit.take('bob')]).toEqual([0, 1, 0]);
  });

  it('still limits after more keys than it remembers', () => {
    const clock = createManualClock();
    const limit = createRateLimit({ perSecond: 1, burst: 1, clock });
    for (let key = 0; key < 30_000; key += 1) limit.take(String(key));
    expect([limit.take('alice'), limit.take('alice')]).toEqual([0, 1]);
  });
});
