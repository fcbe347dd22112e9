import { describe, expect, it } from 'vitest';
import { createWakeSignal } from '../../../src/server/records/wake-signal.js';

describe('createWakeSignal', () => {
  it('wakes everybody who waits', async () => {
    const signal = createWakeSignal();
    const waiting = [signal.wait(), signal.wait({ limitMs: 60_000 })];

    signal.wake();

    expect(await Promise.all(waiting)).toHaveLength(2);
  });

  it('ends a wait that is aborted, and does not begin one that was', async () => {
    const signal = createWakeSignal();
    const stop = new AbortController();
    const waiting = signal.wait({ signal: stop.signal });

    stop.abort();

    await expect(waiting).resolves.toBeUndefined();
    await expect(signal.wait({ signal: stop.signal })).resolves.toBeUndefined();
  });

  it('ends a wait at its limit, also one in the past', async () => {
    await expect(createWakeSignal().wait({ limitMs: 1 })).resolves.toBeUndefined();
    await expect(createWakeSignal().wait({ limitMs: -5 })).resolves.toBeUndefined();
  });
});
