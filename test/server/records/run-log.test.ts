import { describe, expect, it } from 'vitest';
import type { NumberedRunEvent, RunLog, RunLogReading } from '../../../src/server/records/run-log.js';
import { createRunLog } from '../../../src/server/records/run-log.js';

async function readAll(log: RunLog, reading: RunLogReading = {}): Promise<readonly NumberedRunEvent[]> {
  const events: NumberedRunEvent[] = [];
  for await (const event of log.read(reading)) events.push(event);
  return events;
}

function fill(log: RunLog, count: number): void {
  for (let data = 0; data < count; data += 1) log.append({ event: 'values', data });
}

const dataOf = (events: readonly NumberedRunEvent[]): unknown[] => events.map(({ data }) => data);

describe('createRunLog', () => {
  it('gives every reader that is there each event, numbered from 0', async () => {
    const log = createRunLog({ keeps: 'unread' });
    const readers = [readAll(log), readAll(log)];

    fill(log, 3);
    log.end();

    const expected = [0, 1, 2].map((data) => ({ event: 'values', data, id: String(data) }));
    expect(await Promise.all(readers)).toEqual([expected, expected]);
  });

  it('of a resumable run goes on after the event that is named', async () => {
    const log = createRunLog({ keeps: 'read' });
    fill(log, 5);
    log.end();

    expect(dataOf(await readAll(log, { after: '-1' }))).toEqual([0, 1, 2, 3, 4]);
    expect(dataOf(await readAll(log, { after: '2' }))).toEqual([3, 4]);
    expect(dataOf(await readAll(log, { after: '4' }))).toEqual([]);
    expect(dataOf(await readAll(log, { after: 'no number' }))).toEqual([]);
    expect(dataOf(await readAll(log))).toEqual([]);
  });

  it('of another run gives what nobody has read, and keeps nothing that was', async () => {
    const log = createRunLog({ keeps: 'unread' });
    fill(log, 3);
    const reader = log.read({});
    await reader.next();
    await reader.return(undefined);

    expect(log.size()).toBe(2);
    log.end();
    expect(dataOf(await readAll(log, { after: '-1' }))).toEqual([1, 2]);
    expect(log.size()).toBe(0);
  });

  it('keeps what a slower reader still needs', async () => {
    const log = createRunLog({ keeps: 'unread' });
    const slow = log.read({});
    fill(log, 1);
    await slow.next();
    const fast = readAll(log);
    fill(log, 3);
    log.end();
    await fast;

    expect(log.size()).toBe(3);
  });

  it('keeps no more than its bound, and a little', async () => {
    const log = createRunLog({ keeps: 'read', maxEvents: 100 });

    fill(log, 5_000);
    log.end();

    expect(log.size()).toBeLessThanOrEqual(600);
    expect((await readAll(log, { after: '-1' })).at(-1)).toEqual({
      event: 'values',
      data: 4_999,
      id: '4999',
    });
  });

  it('ends a reader whose client has gone', async () => {
    const log = createRunLog({ keeps: 'unread' });
    const gone = new AbortController();
    const reading = readAll(log, { signal: gone.signal });

    gone.abort();

    expect(await reading).toEqual([]);
  });

  it('takes nothing after its end', async () => {
    const log = createRunLog({ keeps: 'read' });
    log.end();

    fill(log, 1);

    expect(await readAll(log, { after: '-1' })).toEqual([]);
  });
});
