import { afterEach, describe, expect, it } from 'vitest';
import type { WorkerHealth } from '../../src/worker/worker-health.js';
import { startWorkerHealth } from '../../src/worker/worker-health.js';

const started: WorkerHealth[] = [];
const sources = [{ read: async () => 'one 1\n' }, { read: async () => 'two 2\n' }];

async function start(metrics = sources): Promise<string> {
  const health = await startWorkerHealth({ host: '127.0.0.1', port: 0, metrics });
  started.push(health);
  return `http://127.0.0.1:${health.port}`;
}

afterEach(async () => {
  for (const health of started.splice(0)) await health.close();
});

describe('startWorkerHealth', () => {
  it('answers that the worker lives', async () => {
    const response = await fetch(`${await start()}/healthz?probe=1`);

    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
  });

  it('tells all metrics as text', async () => {
    const response = await fetch(`${await start()}/metrics`);

    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await response.text()).toBe('one 1\ntwo 2\n');
  });

  it('has nothing else, and takes nothing', async () => {
    const url = await start();
    const [other, posted] = await Promise.all([
      fetch(`${url}/jobs`),
      fetch(`${url}/healthz`, { method: 'POST', body: 'x' }),
    ]);

    expect([other.status, posted.status]).toEqual([404, 405]);
  });

  it('says nothing of why metrics could not be read', async () => {
    const url = await start([{ read: () => Promise.reject(new Error('canary')) }]);
    const response = await fetch(`${url}/metrics`);

    expect([response.status, await response.text()]).toEqual([500, '']);
  });

  it('names WORKER_PORT when it is taken', async () => {
    const port = Number(new URL(await start()).port);

    await expect(startWorkerHealth({ host: '127.0.0.1', port, metrics: [] })).rejects.toMatchObject({
      ...{ code: 'ERR_CONFIG', path: 'WORKER_PORT' },
    });
  });

  it('can be closed twice', async () => {
    const health = await startWorkerHealth({ host: '127.0.0.1', port: 0, metrics: [] });
    await health.close();

    await expect(health.close()).resolves.toBeUndefined();
  });
});
