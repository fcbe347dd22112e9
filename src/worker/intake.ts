/** Reads the intake, together with the other workers: each entry by one of them, and again when that one died. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { keys } from '../contracts/worker-jobs.js';
import type { Logger } from '../logger.js';
import type { Acceptance } from './accept-job.js';
import type { IntakeEntry } from './intake-entry.js';
import { parseIntakeEntry } from './intake-entry.js';
import { askWithin } from './redis-silence.js';
import { intakeGroup } from './worker-keys.js';

/** What {@link startIntake} needs. */
export interface IntakeOptions {
  readonly redis: Redis;
  /** A connection of its own: it waits for entries most of the time. */
  readonly reader: Redis;
  readonly accept: Acceptance;
  readonly logger: Logger;
  /** The name of this worker among the readers. */
  readonly worker: string;
  /** How long an entry that another worker read may stand without an end, in milliseconds. */
  readonly abandonedMs: number;
  /** How long the reader may be silent before it is taken for dead; default well beyond what a reading blocks. */
  readonly silenceMs?: number | undefined;
}

/** A running intake. */
export interface Intake {
  /** Stops reading; entries that were read are taken to their end. */
  close(): Promise<void>;
}

const batch = 100;
const blockMs = 2_000;
const readSilenceMs = 10_000;
/** How long to wait after a failure before reading again. */
const pauseMs = 500;

/** Begins to read. */
export async function startIntake(options: IntakeOptions): Promise<Intake> {
  const { redis, reader, logger, worker } = options;
  await createGroup(redis);
  const closing = new AbortController();
  const isClosed = (): boolean => closing.signal.aborted;
  let nextClaimAt = 0;

  const step = async (): Promise<void> => {
    if (Date.now() >= nextClaimAt) {
      nextClaimAt = Date.now() + options.abandonedMs;
      await takeAll(options, await claimAbandoned(options));
    }
    await takeAll(options, await readNew(options));
  };
  const loop = async (): Promise<void> => {
    while (!isClosed()) {
      try {
        await step();
      } catch (error) {
        if (isClosed()) return;
        logger.warn('intake.failed', { error });
        if (isGroupGone(error)) await createGroup(redis).catch(() => undefined);
        await sleep(pauseMs, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
  };
  const looping = loop();

  return {
    async close() {
      if (!isClosed()) {
        closing.abort();
        // Ends the reading that waits; what comes meanwhile stays for the others.
        reader.disconnect();
      }
      await looping;
      // A reader that still has entries is kept, or the entries would be lost with it.
      if ((await countPending(redis, worker)) === 0) {
        await redis.xgroup('DELCONSUMER', keys.intake, intakeGroup, worker).catch(() => undefined);
      }
    },
  };
}

/** An entry: its id, then names and values in turn. */
type Entry = readonly [id: string, fields: readonly string[] | null];

async function createGroup(redis: Redis): Promise<void> {
  try {
    await redis.xgroup('CREATE', keys.intake, intakeGroup, '0', 'MKSTREAM');
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw error;
  }
}

async function readNew(options: IntakeOptions): Promise<readonly Entry[]> {
  const { reader, worker, logger, silenceMs = readSilenceMs } = options;
  const place = ['STREAMS', keys.intake, '>'] as const;
  // What the dead connection was given stays unacknowledged, and is taken as any other that was abandoned.
  const read = await askWithin({ connection: reader, name: 'intake', logger, silenceMs }, () =>
    reader.xreadgroup(
      'GROUP',
      ...([intakeGroup, worker] as const),
      ...(['COUNT', batch, 'BLOCK', blockMs] as const),
      ...place,
    ),
  );
  // One stream was asked for: nothing, which the types leave out, or a list of it and its entries.
  const streams = read as readonly (readonly [name: string, entries: readonly Entry[]])[] | null;
  return (streams ?? []).flatMap(([, entries]) => entries);
}

async function claimAbandoned({ redis, worker, abandonedMs }: IntakeOptions): Promise<readonly Entry[]> {
  const claimed = await redis.xautoclaim(keys.intake, intakeGroup, worker, abandonedMs, '0', 'COUNT', batch);
  // The next id to look at, the entries, and since Redis 7 the ids that are deleted.
  return (claimed as [string, readonly Entry[]])[1];
}

/** Takes entries: those of one thread one after the other, so that its first job is known before the others. */
async function takeAll({ redis, accept }: IntakeOptions, entries: readonly Entry[]): Promise<void> {
  const parsed = entries.map(([entryId, fields]) => parseIntakeEntry(entryId, fields));
  const groups = new Map<string, IntakeEntry[]>();
  for (const entry of parsed) {
    const { entryId, job } = entry;
    const group = job?.kind === 'run' ? job.threadId : entryId;
    groups.set(group, [...(groups.get(group) ?? []), entry]);
  }
  const takeGroup = async (group: readonly IntakeEntry[]): Promise<void> => {
    for (const entry of group) {
      await accept(entry);
      await redis
        .multi()
        .xack(keys.intake, intakeGroup, entry.entryId)
        .xdel(keys.intake, entry.entryId)
        .exec();
    }
  };
  await Promise.all([...groups.values()].map(takeGroup));
}

async function countPending(redis: Redis, worker: string): Promise<number> {
  try {
    const pending = await redis.xpending(keys.intake, intakeGroup, '-', '+', 1, worker);
    return pending.length;
  } catch {
    return 1;
  }
}

function isGroupGone(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOGROUP');
}
