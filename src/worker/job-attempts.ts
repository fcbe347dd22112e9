/** The attempts at a job: one at a time has it, and only that one can tell something of it or end it. */
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { JobEvent } from '../contracts/worker-jobs.js';
import { keptSeconds, keys } from '../contracts/worker-jobs.js';
import { hideJwts } from '../token-text.js';
import { toLetter } from './dead-letters.js';
import type { JobEnd } from './job-ends.js';
import { toEndedEvent, tokenLost } from './job-ends.js';
import type { HeldJob } from './job-record.js';
import {
  beginScript,
  endScript,
  noteScript,
  releaseScript,
  tellScript,
  uncountScript,
} from './job-scripts.js';
import type { Script } from './redis-script.js';
import { createScript } from './redis-script.js';
import { workerKeys } from './worker-keys.js';

/** Another attempt has the job: this one must stop, and nothing that it does counts any more. */
export class AttemptLostError extends Error {
  constructor() {
    super('Another attempt has this job.');
    this.name = 'AttemptLostError';
  }
}

/** One attempt. Its functions throw {@link AttemptLostError} once another attempt has the job. */
export interface Attempt {
  readonly number: number;
  /** This attempt and those that broke off before it. */
  readonly tries: number;
  /** Tells events, in this order, once. */
  tell(events: readonly JobEvent[]): Promise<void>;
  /** Keeps for later attempts that the person’s decisions were handed over. */
  noteAnswered(): Promise<void>;
  /** Keeps for later attempts, and for a cancellation, that an agent server may have a run of the job. */
  noteServerRun(): Promise<void>;
  /** Gives the job back for another attempt. */
  release(reason: string, options: { readonly isCounted: boolean }): Promise<void>;
  /** Tells the end and lets the thread’s next job have its turn. */
  end(end: JobEnd): Promise<void>;
}

/**
 * Why a job cannot be taken: nothing is known of it, it has ended, another job of its thread has the turn, or one that
 * came before it may not be known yet.
 */
export type NotTaken = 'unknown' | 'ended' | 'not-its-turn' | 'too-early';

/** Takes jobs. */
export interface JobAttempts {
  /** Takes a job and tells that the attempt started. */
  begin(job: HeldJob): Promise<Attempt | NotTaken>;
  /** Ends a job that no attempt has, and that has no run elsewhere. Gives false when it is not so, or was done already. */
  endQueued(job: HeldJob, end: JobEnd): Promise<boolean>;
  /** Takes back the try of an attempt that lost its job while its worker lived. */
  uncount(job: HeldJob, attempt: Attempt): Promise<void>;
}

/** Creates the attempts of one worker. @param worker its name, as the event `started` tells it. */
export function createJobAttempts(redis: Redis, worker: string): JobAttempts {
  const scripts = {
    begin: createScript(redis, beginScript),
    tell: createScript(redis, tellScript),
    note: createScript(redis, noteScript),
    release: createScript(redis, releaseScript),
    uncount: createScript(redis, uncountScript),
    end: createScript(redis, endScript),
  };
  return {
    async begin(job) {
      const input = {
        keys: [
          ...[keys.job(job.jobId), workerKeys.thread(job.threadId), workerKeys.turn(job.threadId)],
          ...[keys.intake, keys.events(job.jobId)],
        ],
        words: [job.jobId, randomUUID(), JSON.stringify(worker), JSON.stringify(job.threadId)],
      };
      const begun = await scripts.begin(input);
      // The script gives a word, or the two numbers.
      if (!Array.isArray(begun)) return begun as NotTaken;
      const [number, tries] = begun.map(Number);
      return createAttempt(job, { number: number ?? 0, tries: tries ?? 0, scripts });
    },
    endQueued: async (job, end) =>
      (await scripts.end(toEndInput(job, end, { by: `queued:${randomUUID()}` }))) === 1,
    uncount: async (job, { number }) => {
      await scripts.uncount({ keys: [keys.job(job.jobId)], words: [number] });
    },
  };
}

interface AttemptParts {
  readonly number: number;
  readonly tries: number;
  readonly scripts: Readonly<Record<'tell' | 'note' | 'release' | 'end', Script>>;
}

function createAttempt(job: HeldJob, { number, tries, scripts }: AttemptParts): Attempt {
  const stream = [keys.job(job.jobId), keys.events(job.jobId)];
  let told = 0;
  const requireOurs = (answer: unknown): void => {
    if (answer !== 1) throw new AttemptLostError();
  };
  const note = async (field: 'answered' | 'serverRun'): Promise<void> => {
    told += 1;
    requireOurs(await scripts.note({ keys: [keys.job(job.jobId)], words: [number, told, field, '1'] }));
  };
  return {
    number,
    tries,
    async tell(events) {
      if (events.length === 0) return;
      told += 1;
      requireOurs(await scripts.tell({ keys: stream, words: [number, told, ...events.map(toText)] }));
    },
    noteAnswered: () => note('answered'),
    noteServerRun: () => note('serverRun'),
    async release(reason, { isCounted }) {
      told += 1;
      const event = toText({ type: 'handed-over', reason });
      requireOurs(
        await scripts.release({ keys: stream, words: [number, told, event, isCounted ? '1' : '0'] }),
      );
    },
    end: async (end) => {
      requireOurs(await scripts.end(toEndInput(job, end, { by: String(number), tries })));
    },
  };
}

/** Letters beyond this many go, the oldest first. */
const maxLetters = 10_000;

interface EndedBy {
  /** The attempt, or `queued:` and what tells this call from others. */
  readonly by: string;
  readonly tries?: number;
}

function toEndInput(job: HeldJob, end: JobEnd, { by, tries = 0 }: EndedBy): Parameters<Script>[0] {
  const { jobId, threadId } = job;
  const asks = (end.wanted ?? []).flatMap((wanted) =>
    wanted.type === 'approval-wanted' ? [wanted.interruptId] : [],
  );
  const lacks = end.wanted?.find((wanted) => wanted.type === 'sign-in-wanted')?.reason;
  const fields = {
    result: end.result,
    ...(end.code === undefined ? {} : { code: end.code }),
    asks: JSON.stringify(asks),
    ...(lacks === undefined ? {} : { lacks }),
    // The attempt that found no token has not broken off itself.
    ...(lacks === tokenLost ? { tries: Math.max(tries - 1, 0) } : {}),
  };
  const letter = end.isDead === true ? JSON.stringify(toLetter(job, end.code ?? '', tries)) : '';
  return {
    keys: [
      ...[keys.job(jobId), keys.events(jobId), workerKeys.thread(threadId), workerKeys.turn(threadId)],
      ...[keys.cancel(jobId), keys.dead],
    ],
    words: [
      ...[by, jobId, keptSeconds.job, toText(toEndedEvent(end)), letter, maxLetters],
      ...Object.entries(fields).flat(),
    ],
  };
}

/** The last guard: whatever the agent repeats, no token is told. */
function toText(event: JobEvent): string {
  return hideJwts(JSON.stringify(event));
}
