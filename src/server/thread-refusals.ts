/**
 * Tells the operator when somebody reaches for another person’s thread. LangGraph answers as for a thread that does not
 * exist, and logs nothing; here the answer is known, and so is whose thread it was.
 */
import type { BaseCheckpointSaver } from '@langchain/langgraph';
import type { Context, MiddlewareHandler } from 'hono';
import { Hono } from 'hono';
import { z } from 'zod';
import type { Logger } from '../logger.js';
import { readThreadOwner } from '../runtime/thread-claims.js';
import type { AuthenticatedUser } from './authenticated-user.js';
import { ownerOf } from './authenticated-user.js';
import { isFromThisProcess, readCaller } from './caller-of-route.js';

/** What {@link createThreadRefusals} needs. */
export interface ThreadRefusalsOptions {
  readonly checkpointer: Pick<BaseCheckpointSaver, 'getTuple'>;
  readonly logger: Logger;
}

/** The part of LangGraph’s storage that is asked; without authentication it answers for every owner. */
interface LanggraphOps {
  readonly threads: { get(threadId: string, auth: undefined): Promise<unknown> };
}

const threadRecord = z.object({ metadata: z.object({ owner: z.string() }) });
const namedThread = z.object({ thread_id: z.string() });
const refusedStatuses: ReadonlySet<number> = new Set([404, 409]);

/**
 * Creates the routes’ companion: one line `thread.refused` for each request that was answered 404 or 409 about a thread
 * that is there and somebody else’s. It names the caller, the thread and the route, and nothing of the owner.
 */
export function createThreadRefusals({ checkpointer, logger }: ThreadRefusalsOptions): Hono {
  const tell: MiddlewareHandler = async (context, next) => {
    const { method, path } = context.req;
    await next();
    const caller = readCaller(context);
    if (!refusedStatuses.has(context.res.status) || caller === undefined || isFromThisProcess(context))
      return;
    const threadId = await readThreadId(context, path);
    if (threadId === undefined || !(await belongsToAnother(context, { threadId, caller, checkpointer })))
      return;
    const { issuer, subject } = caller.principal();
    const route = `${method} ${path.replace(threadId, ':thread_id')}`;
    logger.warn('thread.refused', { issuer, subject, threadId, route, status: context.res.status });
  };
  const app = new Hono();
  app.use('/threads/*', tell);
  return app;
}

/** A thread is named by the path, or in the body of `POST /threads`. */
async function readThreadId(context: Context, path: string): Promise<string | undefined> {
  const inPath = path.split('/')[2];
  if (inPath !== undefined && inPath !== '') return inPath;
  // Read before by the server’s own route, and kept by Hono; a body that is no JSON names no thread.
  const body: unknown = await context.req.json().catch(() => undefined);
  return namedThread.safeParse(body).data?.thread_id;
}

interface Claim extends Pick<ThreadRefusalsOptions, 'checkpointer'> {
  readonly threadId: string;
  readonly caller: AuthenticatedUser;
}

/** By the server’s record; where a crash left checkpoints without their record, by those. */
async function belongsToAnother(
  context: Context,
  { threadId, caller, checkpointer }: Claim,
): Promise<boolean> {
  // Put there by the LangGraph server before any route.
  const ops = context.get('LANGGRAPH_OPS') as LanggraphOps;
  const record = threadRecord.safeParse(
    await ops.threads.get(threadId, undefined).catch(() => undefined),
  ).data;
  if (record !== undefined && record.metadata.owner !== caller.identity) return true;
  const owner = await readThreadOwner(checkpointer, threadId);
  return owner !== undefined && ownerOf(owner) !== caller.identity;
}
