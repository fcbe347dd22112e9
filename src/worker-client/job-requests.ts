/** What a backend asks for, made into jobs: checked field by field before anything is sent. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { BearerToken } from '../auth/bearer-token.js';
import type { Job } from '../contracts/worker-jobs.js';
import { job } from '../contracts/worker-jobs.js';
import type { ArgumentIssue } from '../errors.js';
import { InvalidArgumentError } from '../errors.js';

/** A message of a person that an agent shall answer. */
export interface NewJob {
  /**
   * Names the job, and the person’s message in the conversation: 1 to 64 of A-Z, a-z, 0-9, "_" and "-". The same id again
   * is the same job, so one of your own makes it safe to enqueue twice; a random one when left out.
   */
  readonly jobId?: string | undefined;
  /** A graph id of the workers’ `langgraph.json`. */
  readonly agent: string;
  /** The conversation; its jobs run one after the other. It belongs to the first person whose token begins it. */
  readonly threadId: string;
  /** What the person said, at most 100 000 characters. */
  readonly input: string;
  /** The organization of the person, as their token says; the workers are shared among organizations. */
  readonly org: string;
  /** The environment that the person works in; none when left out. */
  readonly env?: string | undefined;
  /** The person’s token; it is sealed before it leaves the process. */
  readonly token: string | BearerToken;
}

/** A decision of a person, in the shape of `humanInTheLoopMiddleware`. */
export interface JobDecision {
  readonly type: 'approve' | 'edit' | 'reject';
  /** For `edit`: the action in the place of the one that was asked for. */
  readonly editedAction?:
    { readonly name: string; readonly args: Readonly<Record<string, unknown>> } | undefined;
  /** For `reject`: why. */
  readonly message?: string | undefined;
  /** The request’s digest; it must match when it is there. */
  readonly digest?: string | undefined;
}

/** What a person answers to a job that ended in `waiting`. */
export interface JobAnswer {
  /** Names the resume job; a random one when left out. */
  readonly jobId?: string | undefined;
  /** The job that ended in `waiting`. */
  readonly of: string;
  /** One decision for each action that was asked for, in that order. */
  readonly decisions: readonly JobDecision[];
  /** The token of the thread’s owner; only they may decide. */
  readonly token: string | BearerToken;
}

/** A new token for a job that ended in `waiting` because its own had ended or was lost. */
export type JobRenewal = Omit<JobAnswer, 'decisions'>;

/** Makes the job that begins a turn. @throws {@link InvalidArgumentError} naming every field that is out of bounds. */
export function toRunJob({ jobId, agent, threadId, input, org, env }: NewJob): Job {
  return parse({
    kind: 'run',
    jobId: jobId ?? randomUUID(),
    agent,
    threadId,
    input,
    org,
    env,
    tokenRef: newRef(),
  });
}

/** Makes the job that goes on with another one. @throws {@link InvalidArgumentError} as {@link toRunJob} does. */
export function toResumeJob(answer: JobRenewal & Partial<Pick<JobAnswer, 'decisions'>>): Job {
  const { jobId, of, decisions } = answer;
  return parse({ kind: 'resume', jobId: jobId ?? randomUUID(), of, decisions, tokenRef: newRef() });
}

/**
 * Names the job that renews the token of another: one name for one job, so that two who follow it, or one who comes back,
 * renew it once.
 */
export function toRenewalId(jobId: string): string {
  return createHash('sha256').update(`renewal of ${jobId}`).digest('base64url').slice(0, 22);
}

/** Checks a job’s id. @throws {@link InvalidArgumentError} */
export function requireJobId(jobId: string, path = 'jobId'): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(jobId)) return jobId;
  const message = 'must be 1 to 64 of A-Z, a-z, 0-9, "_" and "-"; give the id of a job.';
  throw new InvalidArgumentError([{ path, message }]);
}

/** 16 random bytes: who knows the ref and the key’s name may take the token away, though not open it. */
function newRef(): string {
  return randomBytes(16).toString('base64url');
}

function parse(value: unknown): Job {
  const parsed = job.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(parsed.error.issues.map(toIssue));
}

function toIssue({ path, message }: z.core.$ZodIssue): ArgumentIssue {
  return { path: path.join('.'), message };
}
