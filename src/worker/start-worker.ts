/** A worker: the parts put together, from the intake to the agents. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { SealKey } from '../auth/sealed-token.js';
import type { TokenVerifier } from '../auth/token-verifier.js';
import { jobResults } from '../contracts/worker-jobs.js';
import type { Logger } from '../logger.js';
import type { WorkerMetrics } from '../telemetry/worker-metrics.js';
import { createWorkerMetrics } from '../telemetry/worker-metrics.js';
import { createAcceptance } from './accept-job.js';
import type { Agents } from './agent-runs.js';
import { watchCancellations } from './cancellations.js';
import { drainJobs } from './drain.js';
import { createFairShare } from './fair-share.js';
import { startIntake } from './intake.js';
import { createJobAttempts } from './job-attempts.js';
import type { JobQueue } from './job-queue.js';
import { createJobQueue } from './job-queue.js';
import { createJobTokens } from './job-tokens.js';
import type { RedisConnections } from './open-redis.js';
import type { Outages } from './outages.js';
import { createOutages } from './outages.js';
import { createJobWork } from './run-job.js';
import { createRunningJobs } from './running-jobs.js';
import { createThreadTurns } from './thread-turns.js';

/** What {@link startWorker} needs. */
export interface WorkerOptions {
  readonly redis: RedisConnections;
  readonly sealKey: SealKey;
  readonly agents: Agents;
  readonly verifier: TokenVerifier;
  readonly logger: Logger;
  /** Jobs at the same time; at least 1. */
  readonly concurrency: number;
  /** Attempts at a job that may break off. */
  readonly maxTries: number;
  /** How long a worker may be silent before its jobs go to others, in milliseconds. */
  readonly leaseMs: number;
}

/** A running worker. */
export interface RunningWorker {
  /** Its name in events and logs. */
  readonly name: string;
  readonly metrics: WorkerMetrics;
  /**
   * Takes no more jobs, lets each end the step that it is in and hands it over; cuts those that take longer.
   *
   * @param limitMs how long they may take.
   */
  stop(limitMs: number): Promise<void>;
}

/** Starts a worker. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { redis, agents, logger, concurrency, leaseMs } = options;
  const { commands } = redis;
  const name = nameWorker();
  const running = createRunningJobs();
  const share = createFairShare(commands);
  const attempts = createJobAttempts(commands, name);

  // The queue and what it works with know each other only by functions that are called later.
  const turns = createThreadTurns({
    redis: commands,
    share,
    enqueue: (jobId, place) => queue.add(jobId, place),
  });
  const outages = watchNeeds(options, {
    pause: () => queue.pause(),
    resume: () => queue.resume(),
  });
  const metrics = createWorkerMetrics({
    results: jobResults,
    running: () => running.ids().length,
    waiting: async () => (outages.away().includes('redis') ? NaN : share.waiting()),
    isPaused: () => outages.away().length > 0,
  });
  const cancellations = await watchCancellations({
    ...{ redis: commands, listener: redis.another(), running, attempts, logger },
    onEnded: async ({ jobId, threadId }) => {
      metrics.ended('cancelled');
      await share.leave(jobId);
      await turns.offerNext(threadId);
    },
  });
  const work = createJobWork({
    ...{ redis: commands, attempts, turns, share, agents, logger, metrics },
    ...{ verifier: options.verifier, maxTries: options.maxTries },
    tokens: createJobTokens(commands, options.sealKey),
    isCancelled: cancellations.isWanted,
    onAway: outages.report,
    tokensComeUntil: () => outages.redisBackAt() + 2 * leaseMs,
  });
  const queue: JobQueue = createJobQueue({
    ...{ redis: commands, logger, concurrency, leaseMs },
    work: (jobId) => running.during(jobId, work),
    onLost: (jobId) => running.cut(jobId, 'lost'),
  });
  const intake = await startIntake({
    ...{ redis: commands, reader: redis.another(), logger, worker: name, abandonedMs: leaseMs },
    accept: createAcceptance({ redis: commands, logger, onAccepted: turns.offerNext }),
  });
  queue.start();
  return {
    ...{ name, metrics },
    stop: async (limitMs) => {
      outages.close();
      await drainJobs({ intake, queue, running, logger, limitMs });
      cancellations.close();
    },
  };
}

interface NeedsWatch extends Outages {
  /** When Redis came back last, in milliseconds of `performance.now()`. */
  redisBackAt(): number;
}

/** Watches what the worker needs: Redis by its connection, the rest when a run has failed for it. */
function watchNeeds(
  { redis, agents, logger }: WorkerOptions,
  queue: Pick<JobQueue, 'pause' | 'resume'>,
): NeedsWatch {
  const outages = createOutages({ logger, findAway: agents.findAway, ...queue });
  let backAt = -Infinity;
  redis.watch({
    onAway: () => {
      outages.note('redis', 'away');
    },
    onBack: () => {
      backAt = performance.now();
      outages.note('redis', 'back');
    },
  });
  return { ...outages, redisBackAt: () => backAt };
}

/** By the machine, for a person who looks for its log, and unlike every other, for the queue. */
function nameWorker(): string {
  const machine = hostname().replaceAll(/[^\w.-]/g, '');
  return `${machine.slice(0, 40)}-${randomUUID().slice(0, 8)}`;
}
