/** The jobs that this process works on. */

/**
 * Why a job’s work is cut: the person cancelled it, another attempt has it, or the worker stops and does not wait any
 * longer.
 */
export type CutReason = 'cancelled' | 'lost' | 'stopping';

/** One job that is worked on. */
export interface RunningJob {
  readonly jobId: string;
  /** Cuts it: its tool calls are cancelled. The first reason stays. */
  cut(reason: CutReason): void;
  readonly signal: AbortSignal;
  /** Why it was cut; undefined when it was not. */
  cutReason(): CutReason | undefined;
  /** Called when the worker stops: what runs now may end, and nothing new begins. */
  onDrain(drain: () => void): void;
}

/** Knows them. */
export interface RunningJobs {
  /** Registers a job while `work` runs; one of the same id that runs already is lost, and ended first. */
  during<Result>(jobId: string, work: (job: RunningJob) => Promise<Result>): Promise<Result>;
  cut(jobId: string, reason: CutReason): void;
  cutAll(reason: CutReason): void;
  /** Lets every job end what it does now, and begin nothing new; also those that come from now on. */
  drain(): void;
  ids(): readonly string[];
}

interface Entry {
  readonly job: RunningJob;
  readonly drain: () => void;
  readonly settled: Promise<unknown>;
}

/** Creates an empty set. */
export function createRunningJobs(): RunningJobs {
  const running = new Map<string, Entry>();
  let isDraining = false;

  return {
    async during(jobId, work) {
      for (let earlier = running.get(jobId); earlier !== undefined; earlier = running.get(jobId)) {
        earlier.job.cut('lost');
        await earlier.settled;
      }
      const { job, drain } = createRunningJob(jobId);
      const working = work(job);
      const settled = working.then(
        () => undefined,
        () => undefined,
      );
      running.set(jobId, { job, drain, settled });
      if (isDraining) drain();
      try {
        return await working;
      } finally {
        running.delete(jobId);
      }
    },
    cut: (jobId, reason) => running.get(jobId)?.job.cut(reason),
    cutAll: (reason) => {
      for (const { job } of running.values()) job.cut(reason);
    },
    drain: () => {
      isDraining = true;
      for (const { drain } of running.values()) drain();
    },
    ids: () => [...running.keys()],
  };
}

function createRunningJob(jobId: string): Pick<Entry, 'job' | 'drain'> {
  const controller = new AbortController();
  let reason: CutReason | undefined;
  let isDraining = false;
  let onDrain: (() => void) | undefined;
  const job: RunningJob = {
    jobId,
    cut: (given) => {
      reason ??= given;
      controller.abort();
    },
    signal: controller.signal,
    cutReason: () => reason,
    onDrain: (drain) => {
      onDrain = drain;
      if (isDraining) drain();
    },
  };
  return {
    job,
    drain: () => {
      isDraining = true;
      onDrain?.();
    },
  };
}
