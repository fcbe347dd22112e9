/** Follows what a job tells until it ends, and across the jobs that renewed its token. */
import type { BearerToken } from '../auth/bearer-token.js';
import type { JobEvent } from '../contracts/worker-jobs.js';
import { jobEvent, keys } from '../contracts/worker-jobs.js';
import { InvalidArgumentError } from '../errors.js';
import { toRenewalId } from './job-requests.js';
import { isKnownJob } from './read-records.js';
import type { RedisAccess } from './redis-connection.js';
import { readBackwards } from './stream-page.js';
import type { StreamPool } from './stream-pool.js';

/** One event of a job. */
export interface FollowedEvent {
  /** The job that told it: the one that is followed, or one that renewed its token. */
  readonly jobId: string;
  /** Where it stands; give it back as `after`, with this job’s id, to read on from here. */
  readonly id: string;
  readonly event: JobEvent;
}

/** Why a job wants a new token. */
export interface WantedToken {
  readonly jobId: string;
  /** `token-lost` when a worker died with it; else as in the sign-in of a run, e.g. `expired`. */
  readonly reason: string;
  readonly message: string;
}

/** How a job is followed. */
export interface FollowOptions {
  /** The id of the last event that is known already; from the beginning when left out. */
  readonly after?: string | undefined;
  /** Stops following; the job itself goes on. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Gives a new token of the same person for a job whose token ended or was lost; undefined when there is none now. With
   * it the job is renewed without being asked and followed on, and its end `waiting` for a sign-in is not told.
   */
  readonly renewToken?:
    ((wanted: WantedToken) => Promise<string | BearerToken | undefined> | string | undefined) | undefined;
}

/** What following needs of a client. */
export interface FollowParts {
  readonly redis: RedisAccess;
  readonly pool: StreamPool;
  /** Enqueues a resume job under a given id. */
  readonly renew: (renewal: { jobId: string; of: string; token: string | BearerToken }) => Promise<unknown>;
}

/** So many renewals after which the agent did nothing are the token’s fault, and another one would not help. */
const maxFruitless = 3;
/** Where the question stands among the last events of a job that waits. */
const lastEvents = 20;
const entryId = /^(\d{1,19})-(\d{1,19})$/;

/**
 * Follows a job; see the client’s `follow`.
 *
 * @throws {@link InvalidArgumentError} when `after` is no id of an event.
 */
export async function* followJob(
  first: string,
  options: FollowOptions,
  parts: FollowParts,
): AsyncGenerator<FollowedEvent, void, void> {
  const { signal } = options;
  let place = { jobId: first, after: requireEntryId(options.after ?? '0-0') };
  let fruitless = 0;
  if (options.after !== undefined && (await isAtEnd(place, parts))) return;
  for (;;) {
    let told: FollowedEvent | undefined;
    for await (told of readJob(place, parts, signal)) {
      if (told.event.type === 'ended') break;
      if (isProgress(told.event)) fruitless = 0;
      yield told;
    }
    const next = told && fruitless < maxFruitless ? await renew(told, options, parts) : undefined;
    if (next === undefined) {
      if (told !== undefined) yield told;
      return;
    }
    fruitless += 1;
    place = { jobId: next, after: '0-0' };
  }
}

interface Place {
  readonly jobId: string;
  readonly after: string;
}

/** Gives the events of one job; an event of a kind that this version does not know is left out. */
async function* readJob(
  { jobId, after }: Place,
  { pool }: FollowParts,
  signal: AbortSignal | undefined,
): AsyncGenerator<FollowedEvent, void, void> {
  for await (const { id, text } of pool.read(keys.events(jobId), { after, signal })) {
    const event = parseEvent(text);
    if (event !== undefined) yield { jobId, id, event };
  }
}

/** Renews the token of a job that ended because it wants one. @returns the job that goes on with it. */
async function renew(
  { jobId, event }: FollowedEvent,
  { renewToken }: FollowOptions,
  parts: FollowParts,
): Promise<string | undefined> {
  if (renewToken === undefined || event.type !== 'ended' || event.result !== 'waiting') return undefined;
  const wanted = await findWanted(jobId, parts);
  if (wanted?.type !== 'sign-in-wanted') return undefined;
  const next = toRenewalId(jobId);
  // Somebody else who follows it, or this one before, has renewed it.
  if (await isKnownJob(parts.redis, next)) return next;
  const token = await renewToken({ jobId, reason: wanted.reason, message: wanted.message });
  if (token === undefined) return undefined;
  await parts.renew({ jobId: next, of: jobId, token });
  return next;
}

async function findWanted(jobId: string, { redis }: FollowParts): Promise<JobEvent | undefined> {
  const last = await readBackwards(redis, keys.events(jobId), lastEvents);
  return last
    .map(({ text }) => parseEvent(text))
    .find((event) => event?.type === 'sign-in-wanted' || event?.type === 'approval-wanted');
}

/** Nothing comes after the end: reading on from there would wait for ever. */
async function isAtEnd({ jobId, after }: Place, { redis }: FollowParts): Promise<boolean> {
  const [last] = await readBackwards(redis, keys.events(jobId), 1);
  return last !== undefined && !isAfter(last.id, after) && parseEvent(last.text)?.type === 'ended';
}

function isProgress({ type }: JobEvent): boolean {
  return type === 'text' || type === 'tool-call' || type === 'tool-result' || type === 'progress';
}

function parseEvent(text: string): JobEvent | undefined {
  try {
    return jobEvent.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function requireEntryId(after: string): string {
  if (entryId.test(after)) return after;
  const message =
    'must be the id of an event, e.g. "1763740800000-0"; leave it out to read from the beginning.';
  throw new InvalidArgumentError([{ path: 'after', message }]);
}

/** Ids are two numbers; both may be longer than a number of JavaScript holds exactly. */
function isAfter(one: string, other: string): boolean {
  const [oneTime = 0n, oneCount = 0n] = one.split('-').map(BigInt);
  const [otherTime = 0n, otherCount = 0n] = other.split('-').map(BigInt);
  return oneTime === otherTime ? oneCount > otherCount : oneTime > otherTime;
}
