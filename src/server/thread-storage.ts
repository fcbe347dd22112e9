/**
 * Carries what the LangGraph server does to its thread records over to our checkpointer: it deletes and copies only
 * the checkpoints of its own. A thread id that is used again must not find the checkpoints of the thread before it.
 */
import type { BaseCheckpointSaver, CheckpointTuple } from '@langchain/langgraph';
import type { Context } from 'hono';
import { Hono } from 'hono';
import { z } from 'zod';
import { createThreadClaims } from '../runtime/thread-claims.js';
import { readCaller } from './caller-of-route.js';
import type { RunsInFlight } from './runs-in-flight.js';

/** What {@link createThreadStorage} keeps in step. */
export interface ThreadStorageOptions {
  readonly checkpointer: BaseCheckpointSaver;
  /** The runs of this process: one that still executes writes checkpoints of a thread that is deleted already. */
  readonly runsInFlight: Pick<RunsInFlight, 'drain'>;
}

/** How long a deletion waits for the runs of its thread, in milliseconds. */
const drainMs = 10_000;

/**
 * Creates the routes’ companions; all run behind the server’s own route, and only when that went well. What is made
 * without a run, a thread or a state, is claimed here: a crash may leave it without the record that says whose it is.
 */
export function createThreadStorage({ checkpointer, runsInFlight }: ThreadStorageOptions): Hono {
  const app = new Hono();
  const claims = createThreadClaims();
  const claim = async (context: Context, threadId: string): Promise<void> => {
    const caller = readCaller(context);
    if (caller !== undefined) await claims.claim(checkpointer, threadId, caller.principal());
  };
  app.post('/threads', async (context, next) => {
    await next();
    if (context.res.ok) await claim(context, namedThread.parse(await context.res.clone().json()).thread_id);
  });
  app.post('/threads/:id/state', async (context, next) => {
    const id = context.req.param('id');
    await next();
    if (context.res.ok) await claim(context, id);
  });
  app.delete('/threads/:id', async (context, next) => {
    // Read before the server’s own route runs: behind it the parameters are that route’s, under other names.
    const id = context.req.param('id');
    await next();
    if (!context.res.ok) return;
    await runsInFlight.drain(drainMs, id);
    await checkpointer.deleteThread(id);
  });
  app.post('/threads/:id/copy', async (context, next) => {
    const id = context.req.param('id');
    await next();
    if (!context.res.ok) return;
    const { thread_id: target } = namedThread.parse(await context.res.clone().json());
    await copyThread(checkpointer, id, target);
  });
  return app;
}

const namedThread = z.object({ thread_id: z.string() });

/** Copies every checkpoint of a thread, oldest first, with its pending writes. Approvals are of their thread and stay. */
export async function copyThread(checkpointer: BaseCheckpointSaver, from: string, to: string): Promise<void> {
  const tuples: CheckpointTuple[] = [];
  for await (const tuple of checkpointer.list({ configurable: { thread_id: from } })) tuples.push(tuple);
  for (const tuple of tuples.reverse()) await copyTuple(checkpointer, tuple, to);
}

async function copyTuple(
  checkpointer: BaseCheckpointSaver,
  tuple: CheckpointTuple,
  to: string,
): Promise<void> {
  const { checkpoint, metadata, parentConfig, pendingWrites = [] } = tuple;
  const checkpoint_ns: unknown = tuple.config.configurable?.checkpoint_ns ?? '';
  const checkpoint_id: unknown = parentConfig?.configurable?.checkpoint_id;
  const config = { configurable: { thread_id: to, checkpoint_ns, checkpoint_id } };
  const stored = await checkpointer.put(
    config,
    checkpoint,
    metadata ?? { source: 'fork', step: -1, parents: {} },
    checkpoint.channel_versions,
  );
  for (const [taskId, channel, value] of pendingWrites)
    await checkpointer.putWrites(stored, [[channel, value]], taskId);
}
