/** The holes of the LangGraph server that its own `auth` does not reach, closed in front of its routes. */
import type { Context, MiddlewareHandler, Next } from 'hono';
import { Hono } from 'hono';
import { createBoundedMap } from '../bounded-map.js';
import type { Authentication } from './authenticated-user.js';
import { isFromThisProcess } from './caller-of-route.js';

/** Asks the server itself, with the caller’s own headers, so that its ownership rules decide. */
type LoopbackFetch = (path: string, init: RequestInit) => Promise<Response>;

const loopbackFetchKey = Symbol.for('langgraph_api:fetch');

/**
 * Creates the guard: streams of a run without its thread are not served, protocol-v2 routes are served to the thread’s
 * owner alone, and another’s thread id looks like one that does not exist.
 *
 * @param options.maxIdentities the most protocol-v2 threads whose person is remembered; beyond it the one that was
 * not used for the longest goes. Default 10 000.
 */
export function createGuard({ maxIdentities = 10_000 } = {}): Hono {
  const app = new Hono();
  app.get('/runs/:run_id/stream', (context) => notFound(context));
  app.get('/threads/:id/runs/:run_id/stream', onlyForOwner);
  const asCaller = createProtocolIdentity(maxIdentities);
  app.use('/threads/:id/stream/events', onlyForOwner, asCaller);
  app.use('/threads/:id/commands', onlyForOwner, asCaller);
  app.post('/threads', hideOthersThread);
  app.use('/threads/:id/*', hideOthersThread);
  return app;
}

const onlyForOwner: MiddlewareHandler = async (context, next) => {
  const id = context.req.param('id') ?? '';
  return (await ownsThread(context, id)) ? next() : notFound(context);
};

/**
 * LangGraph’s protocol v2 keeps the identity, and with it the token, of whoever opened a thread id first, and every
 * event, until the process ends; deleting the thread does not end it. This hands it one object for each id, which
 * always holds the token of now, and serves the id to nobody but its first person.
 */
function createProtocolIdentity(maxIdentities: number): MiddlewareHandler {
  const identities = createBoundedMap<Authentication>({ maxSize: maxIdentities });
  return async (context, next) => {
    const id = context.req.param('id') ?? '';
    // What LangGraph’s authentication put there before any route of ours.
    const auth = context.get('auth') as Authentication;
    const kept = identities.get(id) ?? auth;
    if (kept.user.identity !== auth.user.identity) return notFound(context);
    identities.set(id, Object.assign(kept, auth));
    context.set('auth', kept);
    return next();
  };
}

/** LangGraph’s answers about a thread of somebody else: which of them it is tells that the thread exists. */
const tellingStatuses: ReadonlySet<number> = new Set([404, 409, 422]);

/** Makes every thread that is not the caller’s look like one that does not exist. */
async function hideOthersThread(context: Context, next: Next): Promise<Response | undefined> {
  // Read before the server’s own route runs: behind it the parameters are that route’s, under other names.
  const named = context.req.param('id');
  await next();
  if (!tellingStatuses.has(context.res.status) || isFromThisProcess(context)) return undefined;
  const id = named === undefined || unnamedRoutes.has(named) ? await threadIdOf(context) : named;
  if (id === undefined || (await makesThread(context)) || (await ownsThread(context, id))) return undefined;
  context.res = notFound(context);
  return undefined;
}

/** Routes of all threads, where an id would stand. */
const unnamedRoutes: ReadonlySet<string> = new Set(['search', 'count', 'state']);

/** A run that may make its thread is told what else is wrong with it, while there is none. */
async function makesThread(context: Context): Promise<boolean> {
  if (context.res.status !== 422) return false;
  const body: unknown = await context.req.json().catch(() => undefined);
  return (
    typeof body === 'object' && body !== null && 'if_not_exists' in body && body.if_not_exists === 'create'
  );
}

async function threadIdOf(context: Context): Promise<string | undefined> {
  // A body that is no JSON names no thread.
  const body: unknown = await context.req.json().catch(() => undefined);
  if (typeof body !== 'object' || body === null || !('thread_id' in body)) return undefined;
  return typeof body.thread_id === 'string' ? body.thread_id : undefined;
}

async function ownsThread(context: Context, id: string): Promise<boolean> {
  const response = await loopbackFetch(`/threads/${encodeURIComponent(id)}`, {
    headers: context.req.raw.headers,
  });
  return response.status === 200;
}

const loopbackFetch: LoopbackFetch = (path, init) => {
  // Bound by the LangGraph server when it starts, before any route is served.
  const fetch = (globalThis as Record<symbol, unknown>)[loopbackFetchKey] as LoopbackFetch;
  return fetch(path, init);
};

function notFound(context: Context): Response {
  return context.json({ error: 'not found' }, 404);
}
