/** How threads stand in the records, and how they are answered. */
import { HTTPException } from 'hono/http-exception';
import type { Thread } from '@langchain/langgraph-api/storage';
import type { ThreadRow } from './record-tables.js';
import { fromStored, toStored } from './stored-json.js';

/** A thread as it is answered: with the reason when its last run was closed and did not end by itself. */
export interface AnsweredThread extends Thread {
  readonly error?: string;
}

/** Reads a row as the routes answer it. */
export function toThread(row: ThreadRow): AnsweredThread {
  const { thread_id, status, state_values, interrupts, error } = row;
  return {
    ...{ thread_id, status },
    created_at: new Date(row.created_at),
    updated_at: new Date(row.updated_at),
    metadata: fromStored(row.metadata),
    config: fromStored(row.config),
    ...(state_values === null ? {} : { values: fromStored(state_values) }),
    ...(interrupts === null ? {} : { interrupts: fromStored(interrupts) }),
    ...(error === null ? {} : { error }),
  };
}

/** Writes a thread without a run as a row. */
export function toThreadRow(thread: Thread): ThreadRow {
  const { thread_id, status, metadata, config, created_at, updated_at } = thread;
  return {
    ...{ thread_id, status },
    ...toMetadataColumns(metadata),
    config: toStored(config ?? {}),
    state_values: null,
    interrupts: null,
    error: null,
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
  };
}

/** The columns that follow from a thread’s metadata. */
export function toMetadataColumns(metadata: Thread['metadata']): Pick<ThreadRow, 'metadata' | 'owner'> {
  const owner = metadata?.['owner'];
  return { metadata: toStored(metadata ?? {}), owner: typeof owner === 'string' ? owner : null };
}

/** The answer about a thread that is not there, or not for the caller. */
export function threadNotFound(threadId: string): HTTPException {
  return new HTTPException(404, { message: `Thread with ID ${threadId} not found` });
}
