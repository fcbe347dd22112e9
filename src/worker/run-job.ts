/** Works on one job: takes it, runs the agent, and brings it to an end or on to another attempt. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { BearerToken } from '../auth/bearer-token.js';
import type { TokenVerifier } from '../auth/token-verifier.js';
import type { LogFields, Logger } from '../logger.js';
import { leastLifeSeconds } from '../runtime/run-admission.js';
import type { WorkerMetrics } from '../telemetry/worker-metrics.js';
import type { Agents } from './agent-runs.js';
import type { FairShare } from './fair-share.js';
import type { Attempt, JobAttempts } from './job-attempts.js';
import { AttemptLostError } from './job-attempts.js';
import type { JobEnd } from './job-ends.js';
import { endCancelled, endForSignIn, endWith, tokenLost } from './job-ends.js';
import type { JobTeller } from './job-events.js';
import { createJobTeller } from './job-events.js';
import type { Taken } from './job-queue.js';
import type { HeldJob } from './job-record.js';
import { readHeldJob } from './job-record.js';
import type { JobTokens } from './job-tokens.js';
import type { Again, Verdict } from './judge-failure.js';
import { deadEnd, judgeFailure } from './judge-failure.js';
import type { RunningJob } from './running-jobs.js';
import type { ThreadTurns } from './thread-turns.js';

/** What a worker works with. */
export interface JobWorkOptions {
  readonly redis: Redis;
  readonly attempts: JobAttempts;
  readonly tokens: JobTokens;
  readonly turns: ThreadTurns;
  readonly share: FairShare;
  readonly agents: Agents;
  readonly verifier: TokenVerifier;
  readonly logger: Logger;
  readonly metrics: WorkerMetrics;
  /** How many attempts may break off. */
  readonly maxTries: number;
  readonly isCancelled: (jobId: string) => Promise<boolean>;
  /** Pauses the worker until what is away is back. */
  readonly onAway: (what: string) => void;
  /** Until when a token that nobody has may still come back, in milliseconds of `performance.now()`. */
  readonly tokensComeUntil: () => number;
}

/** Works on a job that the queue gave. */
export type JobWork = (running: RunningJob) => Promise<Taken>;

/** How long to wait before a job is looked at again whose turn it is not. */
const notItsTurnMs = 300;
/** How long to wait after something was away. */
const afterAwayMs = 1_000;
/** How often to look for a token that may come back. */
const tokenLookMs = 250;

interface Work {
  readonly job: HeldJob;
  readonly attempt: Attempt;
  readonly running: RunningJob;
  readonly teller: JobTeller;
}

/** Creates the work. */
export function createJobWork(options: JobWorkOptions): JobWork {
  const { redis, attempts, share, turns } = options;
  return async (running) => {
    const { jobId } = running;
    const job = await readHeldJob(redis, jobId);
    if (job === undefined) {
      await share.leave(jobId);
      return {};
    }
    const attempt = await attempts.begin(job);
    await share.leave(jobId);
    if (typeof attempt !== 'string') return workOn(options, job, { attempt, running });
    if (attempt === 'not-its-turn' || attempt === 'too-early') return { againMs: notItsTurnMs };
    // Its worker may have died right after the end, before it gave the turn on.
    await turns.offerNext(job.threadId);
    return {};
  };
}

async function workOn(
  options: JobWorkOptions,
  job: HeldJob,
  { attempt, running }: Pick<Work, 'attempt' | 'running'>,
): Promise<Taken> {
  const teller = createJobTeller(attempt, {
    onFailed: (error) => {
      if (error instanceof AttemptLostError) running.cut('lost');
    },
  });
  const work: Work = { job, attempt, running, teller };
  const verdict = await findVerdict(options, work);
  try {
    return await carryOut(options, work, verdict);
  } catch (error) {
    if (!(error instanceof AttemptLostError)) throw error;
    return carryOut(options, work, { kind: 'lost' });
  }
}

async function findVerdict(options: JobWorkOptions, work: Work): Promise<Verdict> {
  const verdict = await tryOnce(options, work);
  if (verdict.kind !== 'end' || verdict.end.code !== 'cancelled') return verdict;
  return { kind: 'end', end: endCancelled({ isStopped: await stopElsewhere(options, work) }) };
}

async function tryOnce(options: JobWorkOptions, work: Work): Promise<Verdict> {
  const { attempt, running, teller } = work;
  const { logger, agents, maxTries } = options;
  try {
    const end = await runOnce(options, work);
    await teller.flush();
    return { kind: 'end', end };
  } catch (error) {
    const verdict = await judgeFailure({
      ...{ error, maxTries, tries: attempt.tries, cutReason: running.cutReason() },
      findAway: () => agents.findAway(),
    });
    const brokeOff = verdict.kind === 'again' ? verdict.again.isCounted : isDead(verdict);
    if (brokeOff) logBreak(logger, error, { jobId: running.jobId, tries: attempt.tries });
    return verdict;
  }
}

async function runOnce(options: JobWorkOptions, { job, attempt, running, teller }: Work): Promise<JobEnd> {
  const { agents, verifier, maxTries } = options;
  const { signal } = running;
  if (await options.isCancelled(job.jobId)) return endWith('cancelled', 'cancelled');
  if (attempt.tries > maxTries) return deadEnd();
  const token = await takeToken(options, job, { attempt, signal });
  if (token === undefined) return endForSignIn(tokenLost, tokenLostSentence);
  const principal = await verifier.verify(token, { lifeSeconds: leastLifeSeconds });
  if (principal.organization !== job.org) return endWith('refused', 'org-mismatch');
  signal.throwIfAborted();
  return agents.run({
    ...{ job, token, principal, signal },
    onDrain: running.onDrain,
    cutReason: running.cutReason,
    tell: teller.tell,
    onAnswer: attempt.noteAnswered,
    onServerRun: attempt.noteServerRun,
  });
}

/** Ends the run that this attempt or one before it left on an agent server. Gives false when that is not certain. */
async function stopElsewhere(options: JobWorkOptions, { job, attempt, running }: Work): Promise<boolean> {
  const { redis, agents, logger } = options;
  // Read again: this attempt may have made one.
  if ((await readHeldJob(redis, job.jobId))?.serverRun === undefined) return true;
  try {
    // Not by the signal of the job, which has aborted.
    const token = await takeToken(options, job, { attempt });
    const isStopped = token !== undefined && (await agents.stopRun?.(job, token)) === true;
    if (!isStopped) logger.warn('job.run-not-stopped', { jobId: job.jobId, cut: running.cutReason() });
    return isStopped;
  } catch (error) {
    logger.warn('job.run-not-stopped', { jobId: job.jobId, error });
    return false;
  }
}

const tokenLostSentence = 'The sign-in that was handed over is lost; sign in again, and it goes on.';

interface TokenWait {
  readonly attempt: Attempt;
  readonly signal?: AbortSignal;
}

/** Takes the token. After Redis was away the attempt before may still live, and give it back. */
async function takeToken(
  { tokens, tokensComeUntil }: JobWorkOptions,
  job: HeldJob,
  { attempt, signal }: TokenWait,
): Promise<BearerToken | undefined> {
  for (;;) {
    const token = await tokens.take(job);
    const mayCome = attempt.number > 1 && performance.now() < tokensComeUntil();
    if (token !== undefined || !mayCome) return token;
    await sleep(tokenLookMs, undefined, signal && { signal });
  }
}

async function carryOut(options: JobWorkOptions, work: Work, verdict: Verdict): Promise<Taken> {
  switch (verdict.kind) {
    case 'end':
      await endJob(options, work, verdict.end);
      return {};
    case 'again':
      return release(options, work, verdict.again);
    case 'away':
      options.onAway(verdict.what);
      return release(options, work, {
        ...{ reason: `${verdict.what}-away`, isCounted: false, afterMs: afterAwayMs },
      });
    case 'lost':
      return yieldJob(options, work);
  }
}

async function endJob(options: JobWorkOptions, { job, attempt, teller }: Work, end: JobEnd): Promise<void> {
  const { tokens, turns, logger, metrics } = options;
  for (const wanted of end.wanted ?? []) await teller.tell(wanted);
  await teller.flush();
  await attempt.end(end);
  tokens.forget(job.jobId);
  await turns.offerNext(job.threadId);
  const { jobId, threadId, agent, org } = job;
  const { result, code } = end;
  logger.info('job.ended', { ...{ jobId, threadId, agent, org }, result, code, attempt: attempt.number });
  metrics.ended(result);
}

async function release(
  options: JobWorkOptions,
  { job, attempt, teller }: Work,
  again: Again,
): Promise<Taken> {
  const { tokens, logger, metrics } = options;
  const { reason, isCounted, afterMs } = again;
  // What was not told yet is told again by the next attempt.
  await teller.flush().catch(() => undefined);
  // Before the job: who takes it next looks for the token at once.
  await tokens.giveBack(job);
  await attempt.release(reason, { isCounted });
  logger.info('job.handed-over', { jobId: job.jobId, reason, attempt: attempt.number });
  metrics.handedOver();
  return { againMs: afterMs };
}

/** Lets go of a job that another attempt has, or is about to have. */
async function yieldJob(
  { redis, tokens, attempts, logger }: JobWorkOptions,
  { job, attempt }: Work,
): Promise<Taken> {
  await tokens.giveBack(job);
  await attempt.release('lease-lost', { isCounted: false }).catch(() => attempts.uncount(job, attempt));
  if ((await readHeldJob(redis, job.jobId))?.state === 'ended') await tokens.withdraw(job);
  logger.warn('job.lost', { jobId: job.jobId, attempt: attempt.number });
  return { againMs: afterAwayMs };
}

/** An error of an agent or its model may repeat what the person said: its text is for who looks for it. */
function logBreak(logger: Logger, error: unknown, fields: LogFields): void {
  const { name, code, status } = failure.safeParse(error).data ?? {};
  logger.error('job.broke-off', { ...fields, error: name ?? typeof error, code, status });
  logger.debug('job.broke-off.error', { ...fields, error });
}

const failure = z.object({
  name: z.string().optional(),
  code: z.string().optional().catch(undefined),
  status: z.number().optional().catch(undefined),
});

function isDead(verdict: Verdict): boolean {
  return verdict.kind === 'end' && verdict.end.isDead === true;
}
