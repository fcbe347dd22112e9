import { describe, expect, it } from 'vitest';
import { createWorkerMetrics } from '../../src/telemetry/worker-metrics.js';

describe('createWorkerMetrics', () => {
  it('has every series from the beginning, and reads what is now when it is asked', async () => {
    let paused = false;
    const metrics = createWorkerMetrics({
      results: ['done', 'failed'],
      running: () => 3,
      waiting: async () => 7,
      isPaused: () => paused,
    });
    const before = await metrics.read();
    metrics.ended('done');
    metrics.handedOver();
    paused = true;
    const after = await metrics.read();

    expect(before).toContain('graph_fleet_worker_jobs_ended_total{result="failed"} 0');
    expect(before).toContain('graph_fleet_worker_paused 0');
    expect(after).toContain('graph_fleet_worker_jobs_ended_total{result="done"} 1');
    expect(after).toContain('graph_fleet_worker_jobs_handed_over_total 1');
    expect(after).toContain('graph_fleet_worker_jobs_running 3');
    expect(after).toContain('graph_fleet_worker_jobs_waiting 7');
    expect(after).toContain('graph_fleet_worker_paused 1');
  });
});
