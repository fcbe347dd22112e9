import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from '../../src/testing/manual-clock.js';
import { callerFor, createInput, openTestPlatform, type TestPlatform } from '../support/test-platform.js';

let test: TestPlatform;
let clock: ManualClock;

beforeEach(async () => {
  clock = createManualClock();
  test = await openTestPlatform({ clock });
});
afterEach(() => test.close());

async function start(changes: Record<string, unknown> = {}): Promise<string> {
  return (await test.platform.createResource(callerFor('alice'), createInput(changes))).resource.id;
}

function watch(
  id: string,
  { signal = new AbortController().signal, untilMs = 5000 } = {},
): { states: string[]; ended: Promise<void> } {
  const states: string[] = [];
  const run = async (): Promise<void> => {
    for await (const { resource } of test.platform.watchResource(callerFor('alice'), id, { signal, untilMs }))
      states.push(resource.state);
  };
  return { states, ended: run() };
}

async function advance(...steps: number[]): Promise<void> {
  for (const ms of steps) {
    await clock.waited();
    clock.advance(ms);
  }
}

describe('watchResource', () => {
  it('tells each state once, in order, and ends with the last', async () => {
    const { states, ended } = watch(await start());
    await advance(300, 600, 600);
    await ended;
    expect(states).toEqual(['pending', 'creating', 'available']);
  });

  it('tells of a failure', async () => {
    const { states, ended } = watch(await start({ tags: ['simulate:failed'] }));
    await advance(300, 1200);
    await ended;
    expect(states).toEqual(['pending', 'creating', 'failed']);
  });

  it('tells the states that went by unseen, and ends at once when the last was reached', async () => {
    const id = await start();
    clock.advance(2000);
    const { states, ended } = watch(id);
    await ended;
    expect(states).toEqual(['pending', 'creating', 'available']);
  });

  it('ends at its time limit', async () => {
    const { states, ended } = watch(await start(), { untilMs: 400 });
    await advance(300, 100);
    await ended;
    expect(states).toEqual(['pending', 'creating']);
  });

  it('ends at the signal, and the resource goes on', async () => {
    const stop = new AbortController();
    const id = await start();
    const { states, ended } = watch(id, { signal: stop.signal });
    await clock.waited();
    stop.abort();
    await ended;
    clock.advance(2000);

    expect(states).toEqual(['pending']);
    expect((await test.platform.getResource(callerFor('alice'), { resource_id: id })).resource.state).toBe(
      'available',
    );
  });

  it('shows nothing to anyone but the creator', async () => {
    const id = await start();
    for (const person of ['bob', 'carol'] as const) {
      const views = test.platform.watchResource(callerFor(person), id, {
        signal: new AbortController().signal,
        untilMs: 1,
      });
      await expect(views[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    }
  });
});
