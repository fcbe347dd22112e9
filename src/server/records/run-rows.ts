/** How runs stand in the records, and how they are answered. */
import type { Run, RunStatus } from '@langchain/langgraph-api/storage';
import type { RunRow } from './record-tables.js';
import { fromStored, toStored } from './stored-json.js';

/** A run as it is answered: with the reason where a run was closed and did not end by itself. */
export interface AnsweredRun extends Run {
  readonly error?: string;
}

/** A run that waits or executes. */
export const unfinished = ['pending', 'running'] as const satisfies readonly RunStatus[];

/** Tells whether a run waits or executes. */
export function isUnfinished(status: RunStatus): boolean {
  return status === 'pending' || status === 'running';
}

/** Reads a row as the routes answer it. */
export function toRun(row: RunRow): AnsweredRun {
  const { run_id, thread_id, assistant_id, status, error } = row;
  return {
    ...{ run_id, thread_id, assistant_id, status },
    metadata: fromStored(row.metadata),
    kwargs: fromStored(row.kwargs),
    // The routes allow no other words.
    multitask_strategy: row.multitask_strategy as Run['multitask_strategy'],
    created_at: new Date(row.created_at),
    updated_at: new Date(row.updated_at),
    ...(error === null ? {} : { error }),
  };
}

/** Writes a new run as a row of the server that accepted it. */
export function toRunRow(run: Run, serverId: string): RunRow {
  const { run_id, thread_id, assistant_id, status, multitask_strategy } = run;
  return {
    ...{ run_id, thread_id, assistant_id, status, multitask_strategy },
    server_id: serverId,
    metadata: toStored(run.metadata),
    kwargs: toStored(run.kwargs),
    attempt: 0,
    cancel_action: null,
    error: null,
    created_at: run.created_at.toISOString(),
    updated_at: run.updated_at.toISOString(),
  };
}
