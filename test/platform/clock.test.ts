import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/platform/clock.js';

describe('systemClock', () => {
  it('waits, and stops waiting at the signal without an error', async () => {
    const stop = new AbortController();
    await systemClock.wait(1, stop.signal);
    const long = systemClock.wait(3_600_000, stop.signal);
    stop.abort();
    await long;
    await systemClock.wait(3_600_000, stop.signal);
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000);
  });
});
