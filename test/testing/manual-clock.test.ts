import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../src/testing/manual-clock.js';

const { signal } = new AbortController();

describe('createManualClock', () => {
  it('stands still until it is moved', () => {
    const clock = createManualClock(1_000);
    clock.advance(250);

    expect(clock.now()).toBe(1_250);
  });

  it('ends the waits that are over, and no other', async () => {
    const clock = createManualClock();
    const ended: string[] = [];
    const short = clock.wait(100, signal).then(() => ended.push('short'));
    const long = clock.wait(200, signal).then(() => ended.push('long'));
    await clock.waited();
    clock.advance(100);
    await short;
    expect(ended).toEqual(['short']);
    clock.advance(100);
    await long;

    expect(ended).toEqual(['short', 'long']);
  });

  it('ends a wait whose signal fires', async () => {
    const controller = new AbortController();
    const waiting = createManualClock().wait(100, controller.signal);
    controller.abort();

    await expect(waiting).resolves.toBeUndefined();
  });
});
