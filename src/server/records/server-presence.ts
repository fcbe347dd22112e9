/** Tells the other servers that this one is alive, finds those that are not, and hears what they ask of its runs. */
import { sql } from 'kysely';
import type { Logger } from '../../logger.js';
import type { LiveRun, LiveRuns } from './live-runs.js';
import type { RecordDatabase } from './record-database.js';
import { unfinished } from './run-rows.js';
import type { WakeSignal } from './wake-signal.js';
import { createWakeSignal } from './wake-signal.js';

/** What {@link createServerPresence} needs. */
export interface ServerPresenceOptions {
  readonly database: RecordDatabase;
  readonly live: LiveRuns;
  readonly serverId: string;
  readonly changed: WakeSignal;
  readonly closeLostRuns: () => Promise<void>;
  readonly logger: Logger;
  readonly closing: AbortSignal;
  /** How often it is done, in milliseconds. */
  readonly pollMs: number;
  /** After which silence a server counts as gone, in seconds. */
  readonly goneAfterSeconds: number;
  /** Whether other servers may use the same records: a SQLite file has one. */
  readonly sharing: 'alone' | 'shared';
  /** The time in milliseconds, of a clock that never goes back; default that of the process. */
  readonly clock?: { now(): number };
}

/** This server among the others. */
export interface ServerPresence {
  /** Enters this server and closes the runs of those that are gone; from then on it is repeated where there may be others. */
  enter(): Promise<void>;
  /** Does once what is repeated. */
  beat(): Promise<void>;
  /** Takes this server out: what it has not ended is closed. */
  leave(): Promise<void>;
}

/** Creates the presence of one server. */
export function createServerPresence(options: ServerPresenceOptions): ServerPresence {
  const { database, serverId, changed, logger, closing, pollMs, sharing, closeLostRuns } = options;
  const pause = createWakeSignal();
  const judge = createJudge(options);
  let repeating: Promise<void> | undefined;

  const sayAlive = async (): Promise<void> => {
    const seen = { seen_at: database.now };
    const { numUpdatedRows } = await database.read((records) =>
      records
        .updateTable('agent_servers')
        .set(seen)
        .where('server_id', '=', serverId)
        .executeTakeFirstOrThrow(),
    );
    if (numUpdatedRows > 0n) return;
    const row = { server_id: serverId, started_at: new Date().toISOString(), ...seen };
    await database.read((records) => records.insertInto('agent_servers').values(row).execute());
  };

  const beat = async (): Promise<void> => {
    await sayAlive();
    await hear(options);
    await judge();
    await closeLostRuns();
    changed.wake();
  };

  const repeat = async (): Promise<void> => {
    let isAway = false;
    for (;;) {
      await pause.wait({ signal: closing, limitMs: pollMs });
      if (closing.aborted) return;
      const error = await beat().then(
        () => undefined,
        (reason: unknown) => ({ reason }),
      );
      if (error !== undefined && !isAway) logger.warn('records.database.away', { error: error.reason });
      if (error === undefined && isAway) logger.info('records.database.back');
      isAway = error !== undefined;
    }
  };

  return {
    beat,
    enter: async () => {
      await beat();
      if (sharing === 'shared') repeating = repeat();
    },
    leave: async () => {
      // A heartbeat that is under way would enter the server again.
      await repeating;
      await database.read((records) =>
        records.deleteFrom('agent_servers').where('server_id', '=', serverId).execute(),
      );
      await closeLostRuns();
    },
  };
}

/**
 * Creates what takes the rows of silent servers out. After a silence of its own this server judges nobody for a while:
 * where the database was away, it was away from the others too, and PostgreSQL may have started anew.
 */
function createJudge(options: ServerPresenceOptions): () => Promise<void> {
  const { database, serverId, goneAfterSeconds, sharing, clock = performance } = options;
  let heardAt: number | undefined;
  let judgesFrom = -Infinity;
  return async () => {
    const now = clock.now();
    if (heardAt !== undefined && now - heardAt > goneAfterSeconds * 500)
      judgesFrom = now + goneAfterSeconds * 1000;
    heardAt = now;
    if (now < judgesFrom) return;

    const heard = database.dialect === 'postgres' ? heardByPostgres : sql<number>`seen_at`;
    await database.read((records) =>
      records
        .deleteFrom('agent_servers')
        .where('server_id', '<>', serverId)
        // Whoever holds a SQLite file is alone with it.
        .$if(sharing === 'shared', (others) =>
          others.where(sql<boolean>`${database.now} - ${heard} > ${goneAfterSeconds}`),
        )
        .execute(),
    );
  };
}

const heardByPostgres = sql<number>`greatest(seen_at, extract(epoch from pg_postmaster_start_time())::double precision)`;

/** Follows what others did to the records of this server’s runs: asked for their end, closed or deleted them. */
async function hear({ database, live, serverId }: ServerPresenceOptions): Promise<void> {
  const before = live.all().filter(({ stage, outcome }) => stage !== 'starting' && outcome === undefined);
  if (before.length === 0) return;
  const rows = await database.read((records) =>
    records
      .selectFrom('agent_runs')
      .select(['run_id', 'cancel_action'])
      .where('server_id', '=', serverId)
      .where('status', 'in', unfinished)
      .execute(),
  );
  const actions = new Map(rows.map(({ run_id, cancel_action }) => [run_id, cancel_action]));
  for (const one of before) {
    const action = actions.get(one.run.run_id);
    // What has ended meanwhile has its own record of it.
    const isOpen = live.get(one.run.run_id) === one && one.outcome === undefined;
    if (isOpen && action === undefined) lose(live, one);
    else if (isOpen && action !== null) one.abort.abort(action);
  }
}

function lose(live: LiveRuns, one: LiveRun): void {
  if (one.stage === 'pending') live.end(one);
  else one.abort.abort('interrupt');
}
