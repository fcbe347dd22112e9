/**
 * What a backend and the workers hand each other through Redis: keys, jobs and events. `docs/worker.md` says the same for
 * backends in other languages.
 */
import { z } from 'zod';

/** What ids may be made of: they stand in Redis keys, in logs and in the queue’s own keys. */
const id = z
  .string('must be a text of 1 to 64 characters.')
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 of A-Z, a-z, 0-9, "_" and "-"; choose another one.')
  // An agent’s config leaves this one out, and would read it as a lack.
  .refine((text) => text !== '__proto__', 'must not be "__proto__"; choose another one.');

/** The longest message of a person, in characters. */
export const maxInputLength = 100_000;

/** The most decisions that one answer holds. */
const maxDecisions = 100;

const decision = z.looseObject(
  {
    type: z.enum(['approve', 'edit', 'reject'], 'must be "approve", "edit" or "reject"; choose one of them.'),
  },
  'must be an object with a `type`; give one for each action that was asked for.',
);

/** A job that begins a turn: a person says something on a thread. */
const runJob = z.strictObject({
  /** May be left out of a job that begins a turn. */
  kind: z.literal('run'),
  /** Also the id of the person’s message in the conversation: a job that comes twice is done once. */
  jobId: id,
  /** A graph id of `langgraph.json`. */
  agent: id,
  threadId: id,
  /** What the person said. */
  input: z
    .string('must be a text; give what the person said.')
    .min(1, 'must not be empty; give what the person said.')
    .max(maxInputLength, `must have at most ${maxInputLength} characters; shorten it.`),
  /** The organization that shares the workers with others; it must be that of the token. */
  org: id,
  /** The environment that the person works in, told to the agent; none when left out. */
  env: id.optional(),
  /** Where the sealed token lies: the end of {@link keys.token}. */
  tokenRef: id,
});

/** A job that goes on with what another one left: an approval, or a token in the place of one that ended or was lost. */
const resumeJob = z.strictObject({
  kind: z.literal('resume'),
  jobId: id,
  /** The job that ended in `waiting`, which may be a resume job itself. */
  of: id,
  /** One decision for each action that was asked for; left out when only a token was wanted. */
  decisions: z
    .array(decision, 'must be a list; give one decision for each action that was asked for.')
    .min(1, 'must not be empty; give one decision for each action, or leave it out.')
    .max(maxDecisions, `must have at most ${maxDecisions} entries; answer what was asked for.`)
    .optional(),
  tokenRef: id,
});

/** A job as it is enqueued. */
export const job = z.preprocess(withKind, z.discriminatedUnion('kind', [runJob, resumeJob]));

/** A job that begins a turn. */
export type RunJob = z.output<typeof runJob>;
/** A job that goes on with what another one left. */
export type ResumeJob = z.output<typeof resumeJob>;
/** A job as it is enqueued. */
export type Job = z.output<typeof job>;

function withKind(value: unknown): unknown {
  const isRun = typeof value === 'object' && value !== null && !('kind' in value);
  return isRun ? { kind: 'run', ...value } : value;
}

/** How a job can end. `waiting`: for the person, who answers with a resume job. */
export const jobResults = ['done', 'waiting', 'failed', 'cancelled', 'refused'] as const;
/** How a job can end. */
export type JobResult = (typeof jobResults)[number];

/**
 * What a job tells while it runs. The last event of every job is `ended`, and nothing comes after it. `started` comes once
 * for each attempt: what an attempt that broke off had told since the last step of the agent is told again after it.
 */
export const jobEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('started'), attempt: z.int().min(1), worker: z.string() }),
  /** A piece of what the agent says; pieces of one message share its id. */
  z.object({ type: z.literal('text'), messageId: z.string(), text: z.string() }),
  z.object({
    type: z.literal('tool-call'),
    toolCallId: z.string(),
    tool: z.string(),
    args: z.record(z.string(), z.unknown()),
  }),
  z.object({
    type: z.literal('tool-result'),
    toolCallId: z.string(),
    tool: z.string(),
    status: z.enum(['success', 'error']),
    content: z.string(),
  }),
  /** What a tool reports while it runs, as the agent server streams it in its `custom` mode. */
  z.object({ type: z.literal('progress'), data: z.unknown() }),
  /** The request shape of `humanInTheLoopMiddleware`. */
  z.object({ type: z.literal('approval-wanted'), interruptId: z.string(), request: z.unknown() }),
  z.object({ type: z.literal('sign-in-wanted'), reason: z.string(), message: z.string() }),
  /** The job is taken up again by another attempt: a worker stopped, or something it needs was away. */
  z.object({ type: z.literal('handed-over'), reason: z.string() }),
  z.object({
    type: z.literal('ended'),
    result: z.enum(jobResults),
    /** What the agent said last; of a job that is not `done`, a sentence that says why. */
    message: z.string(),
    /** A code of `docs/errors.md`, or of `docs/worker.md`; left out when it is `done` or `waiting`. */
    code: z.string().optional(),
  }),
]);

/** What a job tells while it runs. */
export type JobEvent = z.output<typeof jobEvent>;

/** How far a job is: it waits for its turn or a free worker, an attempt has it, or its end was told. */
export const jobStates = ['queued', 'running', 'ended'] as const;

const names = {
  agent: z.string().optional(),
  threadId: z.string().optional(),
  org: z.string().optional(),
} as const;

/** What the hash at {@link keys.job} says of a job to everybody; the workers keep more there for themselves. */
export const jobRecord = z.object({
  state: z.enum(jobStates),
  /** Attempts so far; 0 before the first. */
  attempt: z.coerce.number().int().min(0).default(0),
  /** How it ended; only of an ended job. */
  result: z.enum(jobResults).optional(),
  /** As in the event `ended`. */
  code: z.string().optional(),
  /** The job that a resume job goes on with. */
  of: z.string().optional(),
  ...names,
});
/** What is known of a job. */
export type JobRecord = z.output<typeof jobRecord>;

/**
 * A job that was given up, as the dead-letter list keeps it; no token and no ref of one is in it. An entry of the intake
 * that is no job has a reason, and of the names only what could be read.
 */
export const deadLetter = z.object({
  jobId: z.string().optional(),
  ...names,
  reason: z.string(),
  /** Attempts that broke off; 0 for an entry that is no job. */
  tries: z.int(),
  /** ISO 8601. */
  at: z.string(),
});
/** A job that was given up. */
export type DeadLetter = z.output<typeof deadLetter>;

const prefix = 'graph-fleet';

/** The Redis keys and channels that both sides use. */
export const keys = {
  /** A string: the sealed token, taken with GETDEL; it expires by itself. */
  token: (ref: string) => `${prefix}:token:${ref}`,
  /** A stream that jobs come in by: `XADD <key> * job <JSON>`. */
  intake: `${prefix}:intake`,
  /** A hash: what is known of a job. */
  job: (jobId: string) => `${prefix}:job:${jobId}`,
  /** A stream of what a job tells: each entry has one field `event`, JSON. */
  events: (jobId: string) => `${prefix}:events:${jobId}`,
  /** A string that says that a job shall stop; set before the channel is told. */
  cancel: (jobId: string) => `${prefix}:cancel:${jobId}`,
  /** A channel: each message is the id of a job that shall stop. */
  cancelled: `${prefix}:cancelled`,
  /** A stream that a following client wakes its own blocked reading by; nobody else looks at it. */
  wake: (reader: string) => `${prefix}:wake:${reader}`,
  /** A stream of jobs that were given up: each entry has one field `letter`, JSON. */
  dead: `${prefix}:dead`,
} as const;

/** How long things are kept in Redis, in seconds. */
export const keptSeconds = {
  /** A token that nobody takes; its own end may come sooner. */
  token: 600,
  /** What a job told, and what is known of it, after it ended: as long as an approval may wait. */
  job: 7 * 86_400,
} as const;
