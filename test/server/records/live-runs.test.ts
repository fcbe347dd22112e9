import type { Run } from '@langchain/langgraph-api/storage';
import { describe, expect, it } from 'vitest';
import { createLiveRuns } from '../../../src/server/records/live-runs.js';

const run = (run_id: string, atMs = 0): Run => ({
  ...{ run_id, thread_id: 't', assistant_id: 'a', status: 'pending', metadata: {}, kwargs: {} },
  multitask_strategy: 'enqueue',
  created_at: new Date(atMs),
  updated_at: new Date(atMs),
});

describe('createLiveRuns', () => {
  it('gives runs in the order in which they may begin', () => {
    const live = createLiveRuns();
    for (const [id, atMs] of Object.entries({ c: 5, b: 1, a: 5 })) live.add(run(id, atMs));

    expect(live.all().map((one) => one.run.run_id)).toEqual(['b', 'a', 'c']);
  });

  it('keeps the events of a run for five minutes after its end, and frees them then', () => {
    let now = 0;
    const live = createLiveRuns({ clock: () => now });
    live.add(run('a'));
    const one = live.get('a')!;
    live.end(one);

    now = 299_999;
    expect(live.log('a')).toBe(one.log);
    expect(live.get('a')).toBeUndefined();
    now = 700_000;
    expect(live.log('a')).toBeUndefined();
  });

  it('keeps the events of 500 ended runs at the most', () => {
    const live = createLiveRuns();
    for (let index = 0; index <= 500; index += 1) {
      live.add(run(String(index)));
      live.end(live.get(String(index))!);
    }

    expect([live.log('0'), live.log('1')].map((log) => log === undefined)).toEqual([true, false]);
  });
});
