/** Runs agents on an agent server, as the person: with their token, on their own threads. */
import { createHash } from 'node:crypto';
import type { Client } from '@langchain/langgraph-sdk';
import { z } from 'zod';
import { PrincipalMismatchError, TokenInvalidError } from '../errors.js';
import { userTokenKey } from '../runtime/run-config.js';
import type { AgentRun, Agents } from './agent-runs.js';
import { AgentServerBusyError, RunDrainedError } from './agent-runs.js';
import type { JobEnd } from './job-ends.js';
import { endWith } from './job-ends.js';
import type { HeldJob } from './job-record.js';
import type { NextStep } from './next-step.js';
import { nextStep } from './next-step.js';
import { createServerClient, jobKey, listActiveRuns, statusOf, stopServerRuns } from './server-runs.js';
import { createStreamReader } from './stream-events.js';
import type { ThreadView } from './thread-view.js';
import { readMessages } from './thread-view.js';
import { toTurnEnd } from './turn-end.js';

const streamModes = ['messages-tuple', 'updates', 'custom'] as const;
/** How long the server may take to answer whether it is there. */
const lookMs = 3_000;
/** How long to wait before a run that could not be ended is ended again. */
const stopPauseMs = 500;
const active = new Set(['pending', 'running']);

/** Creates the agents of a server. @param options.pauseMs how long to wait between the tries to end a run. */
export function createRemoteAgents(
  serverUrl: string,
  { pauseMs = stopPauseMs }: { readonly pauseMs?: number } = {},
): Agents {
  return {
    run: (run) => withServerErrors(() => runOnServer(serverUrl, run)),
    stopRun: ({ jobId, threadId }, token) =>
      stopServerRuns(createServerClient(serverUrl, token), {
        ...{ threadId: toServerThread(threadId), jobId, pauseMs },
      }),
    async findAway() {
      try {
        const { status } = await fetch(new URL('/info', serverUrl), { signal: AbortSignal.timeout(lookMs) });
        return status < 500 ? undefined : 'agent-server';
      } catch {
        return 'agent-server';
      }
    },
    close: () => Promise.resolve(),
  };
}

/** A run on the server, with what is needed to follow it. */
interface ServerRun {
  readonly client: Client;
  readonly run: AgentRun;
  readonly threadId: string;
  /** The thread before the run. */
  readonly before: ThreadView;
}

async function runOnServer(serverUrl: string, run: AgentRun): Promise<JobEnd> {
  const { job, token } = run;
  const client = createServerClient(serverUrl, token);
  const threadId = toServerThread(job.threadId);
  await client.threads.create({ threadId, ifExists: 'do_nothing' });
  const known = await findRun(client, threadId, job.jobId);
  const before = await readView(client, threadId);
  const serverRun = { client, run, threadId, before };
  if (known !== undefined) {
    await follow(serverRun, known);
  } else {
    const step = nextStep(job, before);
    if (step.kind === 'refuse') return endWith('refused', step.code);
    if (step.kind === 'over') return toTurnEnd(job, before);
    if (step.kind === 'answer' && job.decisions !== undefined) await run.onAnswer();
    const made = await createRun(serverRun, step);
    if (made === undefined) return endWith('refused', 'agent-unknown');
    await follow(serverRun, made);
  }
  const after = await readView(client, threadId);
  if (after.hasNext && after.open.length === 0) throw new Error('The run on the agent server broke off.');
  return toTurnEnd(job, after);
}

/** A thread of the server is named by a UUID; any other name becomes one, always the same. */
export function toServerThread(threadId: string): string {
  if (z.uuid().safeParse(threadId).success) return threadId;
  const hex = createHash('sha256').update(`graph-fleet:thread:${threadId}`).digest('hex');
  // Version 8: made by a rule of one’s own. @see RFC 9562 section 5.8
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/** Finds the run of a job that is under way. @throws {@link AgentServerBusyError} while another one is. */
async function findRun(client: Client, threadId: string, jobId: string): Promise<string | undefined> {
  const runs = await listActiveRuns(client, threadId);
  const own = runs.find((run) => run.jobId === jobId);
  if (own === undefined && runs.length > 0) throw new AgentServerBusyError();
  return own?.runId;
}

/** Makes a run; undefined when the server has no agent of that name. */
async function createRun({ client, run, threadId }: ServerRun, step: NextStep): Promise<string | undefined> {
  const { job, token } = run;
  // Before it is made: whatever becomes of this worker, a cancellation knows that there may be a run to end.
  await run.onServerRun();
  try {
    const made = await client.runs.create(threadId, job.agent, {
      ...toInput(job, step),
      streamMode: [...streamModes],
      streamResumable: true,
      multitaskStrategy: 'reject',
      metadata: { [jobKey]: job.jobId },
      config: { configurable: { [userTokenKey]: token.reveal(), org: job.org, env: job.env } },
    });
    return made.run_id;
  } catch (error) {
    // The thread is there: it was read a moment ago.
    if (statusOf(error) === 404) return undefined;
    if (isThreadBusy(error)) throw new AgentServerBusyError();
    throw error;
  }
}

function toInput(job: HeldJob, step: NextStep): object {
  if (step.kind === 'send')
    return { input: { messages: [{ role: 'user', content: job.text, id: job.root }] } };
  return step.kind === 'answer' ? { command: { resume: step.resume } } : { input: null };
}

/**
 * Tells what a run streams, from its beginning. What stops this worker leaves the run to the next attempt; one that was
 * cancelled is ended by `stopRun`.
 */
async function follow({ client, run, threadId, before }: ServerRun, runId: string): Promise<void> {
  const leaving = new AbortController();
  run.onDrain(() => {
    leaving.abort();
  });
  const signal = AbortSignal.any([run.signal, leaving.signal]);
  const reader = createStreamReader(before);
  try {
    const options = { signal, lastEventId: '-1', streamMode: [...streamModes] };
    for await (const { event, data } of client.runs.joinStream(threadId, runId, options)) {
      signal.throwIfAborted();
      if (event === 'error') throw new Error('The run on the agent server failed.');
      for (const told of reader.read(event, data)) await run.tell(told);
    }
    signal.throwIfAborted();
    // The stream of a run that another server has may end before the run does.
    const { status } = await client.runs.get(threadId, runId, { signal });
    if (active.has(status)) await client.runs.join(threadId, runId, { signal });
  } catch (error) {
    if (leaving.signal.aborted && run.cutReason() === undefined) throw new RunDrainedError();
    throw error;
  }
  const { status } = await client.runs.get(threadId, runId);
  if (status === 'error' || status === 'timeout') throw new Error('The run on the agent server failed.');
}

const openQuestion = z.object({ id: z.string().catch(''), value: z.unknown() });

async function readView(client: Client, threadId: string): Promise<ThreadView> {
  const state = await client.threads.getState(threadId);
  const open = state.tasks.flatMap(({ interrupts }) =>
    interrupts.flatMap((interrupt: unknown) => openQuestion.safeParse(interrupt).data ?? []),
  );
  return { messages: readMessages(state.values), open, hasNext: state.next.length > 0 };
}

/** Makes of the server’s refusals what they would be here. */
async function withServerErrors<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const status = statusOf(error);
    // Verified here a moment ago: what the server does not like about it now is its end.
    if (status === 401) throw new TokenInvalidError('expired');
    if (status === 403 || status === 404 || status === 409) throw new PrincipalMismatchError();
    if (status === 429 || status === 502 || status === 503) throw new AgentServerBusyError();
    throw error;
  }
}

/** It was told of no other run a moment ago. Servers differ in the status, not in the words. */
function isThreadBusy(error: unknown): boolean {
  const status = statusOf(error);
  return (
    (status === 422 || status === 409) && error instanceof Error && /already running/i.test(error.message)
  );
}
