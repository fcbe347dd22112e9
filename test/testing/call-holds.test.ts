import { describe, expect, it } from 'vitest';
import { createCallHolds } from '../../src/testing/call-holds.js';

const { signal } = new AbortController();

describe('createCallHolds', () => {
  it('holds one call of the named tool and lets the others pass', async () => {
    const holds = createCallHolds();
    const held = holds.hold('slow');
    await holds.pass('quick', signal);
    const passing = holds.pass('slow', signal);
    await held.reached;
    await holds.pass('slow', signal);
    held.release();

    await expect(passing).resolves.toBeUndefined();
  });

  it('lets a call pass that comes after the release', async () => {
    const holds = createCallHolds();
    holds.hold().release();

    await expect(holds.pass('any', signal)).resolves.toBeUndefined();
  });

  it('ends the wait of a call that is cancelled', async () => {
    const holds = createCallHolds();
    const held = holds.hold();
    const controller = new AbortController();
    const passing = holds.pass('any', controller.signal);
    await held.reached;
    controller.abort();

    await expect(passing).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('lets every call go at once', async () => {
    const holds = createCallHolds();
    const [one, two] = [holds.hold(), holds.hold()];
    const passing = [holds.pass('any', signal), holds.pass('any', signal)];
    await Promise.all([one.reached, two.reached]);
    holds.releaseAll();

    await expect(Promise.all(passing)).resolves.toHaveLength(2);
  });
});
