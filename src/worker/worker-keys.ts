/** The Redis keys that only the workers use. Those that backends use too stand in the contract. */

const prefix = 'graph-fleet';

/** The keys. */
export const workerKeys = {
  /** A sorted set: the jobs of a thread that have not ended, by the order in which they came. */
  thread: (threadId: string) => `${prefix}:thread:${threadId}`,
  /** A string: the job of a thread that has its turn, from its first attempt to its end. */
  turn: (threadId: string) => `${prefix}:turn:${threadId}`,
  /** A hash: each job that waits for a worker, with its place. */
  places: `${prefix}:share:places`,
  /** A hash: the last place that each organization was given. */
  lastPlaces: `${prefix}:share:last`,
  /** A string: the place up to which jobs were taken. */
  nowServing: `${prefix}:share:now`,
} as const;

/** The consumer group by which workers read the intake. */
export const intakeGroup = 'workers';

/** The name of the BullMQ queue. */
export const queueName = 'graph-fleet';
