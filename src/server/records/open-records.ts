/** Opens the agent server’s own records: what `startServer` keeps assistants, threads and runs in. */
import { randomUUID } from 'node:crypto';
import type { BaseCheckpointSaver } from '@langchain/langgraph';
import type { Ops } from '@langchain/langgraph-api/storage';
import { HTTPException } from 'hono/http-exception';
import { migrate } from '../../database/migrate.js';
import type { Database } from '../../database/open-database.js';
import type { Logger } from '../../logger.js';
import { createAssistantVersions } from './assistant-versions.js';
import { createAssistants } from './assistants.js';
import { createFollowRun } from './follow-run.js';
import type { LiveRuns } from './live-runs.js';
import { createLiveRuns } from './live-runs.js';
import { createCloseLostRuns, lostRunMessage } from './lost-runs.js';
import { createRecordDatabase } from './record-database.js';
import { recordMigrations } from './record-migrations.js';
import { createRunCancellation } from './run-cancellation.js';
import { createRunEndings } from './run-endings.js';
import { createRunQueue } from './run-queue.js';
import { createRuns } from './runs.js';
import { createServerPresence } from './server-presence.js';
import { withStorageAnswers } from './storage-answers.js';
import { createThreadOutcomes } from './thread-outcome.js';
import { createThreadSearch } from './thread-search.js';
import { createThreadState } from './thread-state.js';
import { createThreads } from './threads.js';
import { createWakeSignal } from './wake-signal.js';

/** What {@link openRecords} needs. */
export interface RecordsOptions {
  /** Closed with the records. */
  readonly database: Database;
  /** The compiled graphs by id, with the checkpointer they write to. */
  readonly graphs: ReadonlyMap<string, object>;
  readonly checkpointer: Pick<BaseCheckpointSaver, 'deleteThread'>;
  readonly logger: Logger;
  /** Whether other servers use the same records; default `shared` on PostgreSQL and `alone` on a SQLite file. */
  readonly sharing?: 'alone' | 'shared' | undefined;
  /** How often this server looks at what others did, in milliseconds; default 1000. */
  readonly pollMs?: number | undefined;
  /** After which silence another server counts as gone, in seconds; default 10. */
  readonly goneAfterSeconds?: number | undefined;
}

/** Open records. */
export interface AgentRecords {
  /** What the LangGraph server works on. */
  readonly ops: Ops;
  /**
   * Takes no new run from now on and lets those that were accepted begin and end, `limitMs` at the longest.
   *
   * @returns true when none was left.
   */
  drain(limitMs: number): Promise<boolean>;
  /** Tells whoever still waits for a run that it was cut, closes the runs that are left, and gives the database back. */
  close(): Promise<void>;
}

/**
 * Brings the tables up to date, closes the runs of servers that are gone, and enters this server among the others.
 */
export async function openRecords(options: RecordsOptions): Promise<AgentRecords> {
  const { logger, pollMs = 1000, goneAfterSeconds = 10, checkpointer } = options;
  await migrate(options.database, recordMigrations);
  const database = createRecordDatabase(options.database);
  const sharing = options.sharing ?? (database.dialect === 'postgres' ? 'shared' : 'alone');
  const [live, changed, serverId] = [createLiveRuns(), createWakeSignal(), randomUUID()];
  const [draining, closing] = [new AbortController(), new AbortController()];
  const readOutcome = createThreadOutcomes(options.graphs);
  const shared = { database, live, changed, serverId, logger, pollMs, readOutcome, closing: closing.signal };
  const closeLostRuns = createCloseLostRuns({ database, readOutcome, checkpointer, logger });
  const presence = createServerPresence({ ...shared, closeLostRuns, goneAfterSeconds, sharing });
  await presence.enter();
  return {
    ops: createOps({ ...shared, draining: draining.signal }),
    drain: async (limitMs) => {
      draining.abort();
      const until = Date.now() + limitMs;
      while (isWorking(live) && Date.now() < until) await changed.wait({ limitMs: until - Date.now() });
      return !isWorking(live);
    },
    close: async () => {
      if (closing.signal.aborted) return;
      draining.abort();
      closing.abort();
      for (const one of live.all()) {
        one.log.append({ event: 'error', data: { error: 'ServerStopped', message: lostRunMessage } });
        live.end(one);
      }
      await presence.leave().catch((error: unknown) => logger.warn('records.leave.failed', { error }));
      await options.database.close();
    },
  };
}

type OpsOptions = Parameters<typeof createRunQueue>[0] &
  Parameters<typeof createRunEndings>[0] & { readonly draining: AbortSignal };

function createOps(options: OpsOptions): Ops {
  const { database } = options;
  const endings = createRunEndings(options);
  const cancellation = createRunCancellation(options);
  const assistants = createAssistants(database, createAssistantVersions(database));
  const threads = createThreads({
    database,
    cancellation,
    search: createThreadSearch(database),
    ...{
      setStatus: endings.setThreadStatus,
      forget: endings.forgetThread,
      endTemporary: endings.endTemporary,
    },
    createState: (get) => createThreadState(database, get),
  });
  const runs = createRuns({
    ...{ ...options, assistants, threads, cancellation },
    follow: createFollowRun(options),
    next: createRunQueue(options),
    setStatus: endings.setRunStatus,
  });
  return {
    assistants: withStorageAnswers(assistants),
    threads: { ...withStorageAnswers(threads), state: withStorageAnswers(threads.state) },
    runs: { ...withStorageAnswers(runs), stream: withStorageAnswers(runs.stream) },
    // One request would delete everybody’s records; the route is refused before it comes here.
    truncate: () => {
      throw new HTTPException(404, { message: 'Not found' });
    },
  };
}

/** Whether a run executes, or is due to: one that was put off is not waited for. */
function isWorking(live: LiveRuns): boolean {
  return live.all().some(({ stage, run }) => stage !== 'pending' || run.created_at.getTime() <= Date.now());
}
