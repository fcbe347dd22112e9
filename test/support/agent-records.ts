/** The agent server’s records in this process, with the workers that LangGraph would have. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { registerAuth } from '@langchain/langgraph-api/auth';
import type { Ops, Run, ThreadsRepo } from '@langchain/langgraph-api/storage';
import { v7 as uuid7 } from '@langchain/core/utils/uuid';
import type { Database } from '../../src/database/open-database.js';
import { openDatabase } from '../../src/database/open-database.js';
import { createLogger } from '../../src/logger.js';
import type { Caller } from '../../src/server/records/authorize-event.js';
import type { AgentRecords, RecordsOptions } from '../../src/server/records/open-records.js';
import { openRecords } from '../../src/server/records/open-records.js';
import type { RecordTables } from '../../src/server/records/record-tables.js';

type Ending = Parameters<ThreadsRepo['setStatus']>[1];

/** What a test’s worker is given. */
export interface WorkedRun {
  readonly run: Run;
  readonly signal: AbortSignal;
  publish(event: string, data: unknown): Promise<void>;
}

/** What a test’s worker makes of a run; it rejects when the run fails. */
export type Work = (run: WorkedRun) => Promise<Ending | undefined>;

/** One server on records that a test opened. */
export interface TestServer {
  readonly records: AgentRecords;
  readonly ops: Ops;
  /** Accepts a run as the routes do; gives it and what stands beside it, in the order of the routes. */
  put(threadId: string | undefined, options?: PutOptions): Promise<Run[]>;
}

/** How a run is asked for. */
export type PutOptions = Partial<Parameters<Ops['runs']['put']>[3]> & {
  readonly caller?: Caller;
  readonly kwargs?: Record<string, unknown>;
};

/** A database on which any number of servers stand. */
export interface TestRecords {
  readonly database: Database;
  /** The rows of the tables. */
  readonly tables: ReturnType<typeof withTables>;
  /** What the checkpoints say of every thread. */
  readonly state: { values: Record<string, unknown>; tasks: { id: string; interrupts: unknown[] }[] };
  readonly deletedThreads: string[];
  /** What the servers told the operator, one JSON object a line. */
  readonly lines: string[];
  open(options?: Partial<RecordsOptions> & { readonly work?: Work }): Promise<TestServer>;
  close(): Promise<void>;
}

export const assistantId = '00000000-0000-4000-8000-000000000001';

/** An ending as LangGraph’s workers tell it of a run that came to its end. */
export const wellEnded = (values: Record<string, unknown> = {}): Ending => ({
  checkpoint: { values, next: [], tasks: [], metadata: { source: 'loop', step: 1, parents: {} } },
});

/** Somebody who is signed in, for rules that are registered by {@link registerOwnerRules}. */
export function callerNamed(identity: string): Caller {
  const user = { identity, permissions: [], display_name: identity, is_authenticated: true };
  return { user, scopes: [] };
}

/** Registers the rule that everything belongs to whoever made it. */
export async function registerOwnerRules(): Promise<void> {
  const folder = fileURLToPath(new URL('../fixtures/', import.meta.url));
  await registerAuth({ path: 'owner-auth.mjs:auth', disable_studio_auth: true }, { cwd: folder });
}

/** Opens an empty database in a file. */
export async function openTestRecords(): Promise<TestRecords> {
  const folder = mkdtempSync(join(tmpdir(), 'agent-records-'));
  const database = await openDatabase({ file: join(folder, 'records.db') });
  const servers: AgentRecords[] = [];
  const state: TestRecords['state'] = { values: {}, tasks: [] };
  const deletedThreads: string[] = [];
  const lines: string[] = [];
  return {
    ...{ database, state, deletedThreads, lines, tables: withTables(database) },
    open: async ({ work = async () => wellEnded(), ...options } = {}) => {
      const records = await openRecords({
        // The file is one server’s alone; these share it as they would share PostgreSQL.
        database: { ...database, close: async () => undefined },
        graphs: new Map([['graph', { getState: async () => state }]]),
        checkpointer: { deleteThread: async (id) => void deletedThreads.push(id) },
        logger: createLogger({ format: 'json', write: (line) => void lines.push(line) }),
        ...{ sharing: 'shared', pollMs: 10 },
        ...options,
      });
      servers.push(records);
      const { ops } = records;
      const assistant = { graph_id: 'graph', config: {}, context: {}, if_exists: 'do_nothing' } as const;
      await ops.assistants.put(assistantId, assistant, undefined);
      void serve(ops, work);
      return { records, ops, put: (threadId, wanted) => put(ops, threadId, wanted) };
    },
    close: async () => {
      await Promise.all(servers.map((records) => records.close()));
      await database.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function withTables({ db }: Database) {
  return db.withTables<RecordTables>();
}

async function put(ops: Ops, threadId: string | undefined, wanted: PutOptions = {}): Promise<Run[]> {
  const { caller, kwargs = {}, ...options } = wanted;
  const reject = (options.multitaskStrategy ?? 'reject') === 'reject';
  const whole: Parameters<Ops['runs']['put']>[3] = {
    ...(threadId === undefined ? {} : { threadId }),
    ifNotExists: 'create',
    preventInsertInInflight: reject,
    ...options,
  };
  return ops.runs.put(uuid7(), assistantId, kwargs, whole, caller);
}

/** Two workers that report as those of LangGraph do. */
async function serve(ops: Ops, work: Work): Promise<void> {
  await Promise.all([worker(ops, work), worker(ops, work)]);
}

async function worker(ops: Ops, work: Work): Promise<void> {
  for await (const { run, signal } of ops.runs.next()) {
    const { run_id: runId, thread_id: threadId } = run;
    const publish: WorkedRun['publish'] = (event, data) =>
      ops.runs.stream.publish({ runId, resumable: run.kwargs.resumable === true, event, data });
    let ending: Ending = {};
    try {
      ending = (await work({ run, signal, publish })) ?? {};
      await ops.runs.setStatus(runId, 'success');
    } catch (error) {
      const isInterrupted = signal.reason === 'interrupt';
      if (!isInterrupted && error instanceof Error) ending = { exception: error };
      await ops.runs.setStatus(runId, isInterrupted ? 'interrupted' : 'error');
    }
    if (run.kwargs.temporary === true) await ops.threads.delete(threadId, undefined);
    else await ops.threads.setStatus(threadId, ending);
  }
}

/** Work that goes on until it is let go, or until its signal aborts it. */
export function createHeldWork(): { readonly work: Work; readonly begun: string[]; letGo(): void } {
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const begun: string[] = [];
  return {
    begun,
    letGo: () => letGo(),
    work: async ({ run, signal }) => {
      begun.push(run.run_id);
      const aborted = new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')));
        if (signal.aborted) reject(new Error('aborted'));
      });
      await Promise.race([held, aborted]);
      return wellEnded({ ended: run.run_id });
    },
  };
}
