import { describe, expect, it } from 'vitest';
import { createProcessMetrics } from '../../src/telemetry/process-metrics.js';

describe('createProcessMetrics', () => {
  it('tells the memory, the processor and the event loop of this process', async () => {
    const text = await createProcessMetrics().read();

    for (const name of [
      'process_resident_memory_bytes',
      'process_cpu_seconds_total',
      'nodejs_eventloop_lag_seconds',
    ])
      expect(text).toMatch(new RegExp(`^${name} [\\d.]`, 'm'));
  });
});
