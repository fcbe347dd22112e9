import { describe, expect, it } from 'vitest';
import { createMetricsRoute } from '../../src/server/metrics-route.js';

describe('GET /metrics', () => {
  it('gives the text of every source, in the format of Prometheus', async () => {
    const sources = ['a_total 1\n', 'b_total 2\n'].map((text) => ({ read: () => Promise.resolve(text) }));
    const answer = await createMetricsRoute(sources).request('/metrics');

    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.text()).toBe('a_total 1\nb_total 2\n');
  });

  it('reads once for all requests that come at the same time, and anew for the next', async () => {
    let reads = 0;
    const read = (): Promise<string> => Promise.resolve(`reads_total ${String((reads += 1))}\n`);
    const route = createMetricsRoute([{ read }]);
    const ask = async (): Promise<string> => (await route.request('/metrics')).text();

    expect(await Promise.all([ask(), ask(), ask()])).toEqual(Array(3).fill('reads_total 1\n'));
    expect(await ask()).toBe('reads_total 2\n');
  });

  it('reads anew after a read that failed', async () => {
    let isBroken = true;
    const read = (): Promise<string> =>
      isBroken ? Promise.reject(new Error('not now')) : Promise.resolve('up 1\n');
    const route = createMetricsRoute([{ read }]).onError((_error, context) => context.text('', 500));

    expect((await route.request('/metrics')).status).toBe(500);
    isBroken = false;
    expect(await (await route.request('/metrics')).text()).toBe('up 1\n');
  });
});
