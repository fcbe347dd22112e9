/** What a worker does, counted for Prometheus. No label names a person, an organization or a job. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { MetricsSource } from './metrics-source.js';

/** What {@link createWorkerMetrics} reads when it is asked. */
export interface WorkerMetricsOptions {
  /** The ends that a job can have. */
  readonly results: readonly string[];
  /** How many jobs this worker works on. */
  readonly running: () => number;
  /** How many jobs wait for any worker. */
  readonly waiting: () => Promise<number>;
  /** Whether something that the worker needs is away. */
  readonly isPaused: () => boolean;
}

/** Counts and tells. */
export interface WorkerMetrics extends MetricsSource {
  ended(result: string): void;
  handedOver(): void;
}

/** Creates metrics in a registry of their own, every series at its first value. */
export function createWorkerMetrics(options: WorkerMetricsOptions): WorkerMetrics {
  const registers = [new Registry()];
  const [registry] = registers;
  const ends = new Counter({
    name: 'graph_fleet_worker_jobs_ended_total',
    help: 'Jobs that this worker brought to an end.',
    labelNames: ['result'],
    registers,
  });
  for (const result of options.results) ends.inc({ result }, 0);
  const handOvers = new Counter({
    name: 'graph_fleet_worker_jobs_handed_over_total',
    help: 'Jobs that this worker gave back for another attempt.',
    registers,
  });
  const gauge = (name: string, help: string, read: () => number | Promise<number>) =>
    new Gauge({
      name: `graph_fleet_worker_${name}`,
      help,
      registers,
      async collect() {
        this.set(await read());
      },
    });
  gauge('jobs_running', 'Jobs that this worker works on.', options.running);
  gauge('jobs_waiting', 'Threads whose first job waits for a worker.', options.waiting);
  gauge('paused', '1 while something that the worker needs is away, else 0.', () =>
    Number(options.isPaused()),
  );
  return {
    ended: (result) => {
      ends.inc({ result });
    },
    handedOver: () => {
      handOvers.inc();
    },
    read: async () => registry?.metrics() ?? '',
  };
}
