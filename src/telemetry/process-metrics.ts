/** What Node tells of its own process: memory, processor, event loop, garbage collection, open resources. */
import { Registry, collectDefaultMetrics } from 'prom-client';
import type { MetricsSource } from './metrics-source.js';

/** Creates the metrics of this process in a registry of their own; at most once a process. */
export function createProcessMetrics(): MetricsSource {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return { read: () => registry.metrics() };
}
