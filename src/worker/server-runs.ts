/** The runs that jobs have on an agent server: which are under way, and how they are ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@langchain/langgraph-sdk';
import { z } from 'zod';
import type { BearerToken } from '../auth/bearer-token.js';

/** The metadata key that tells a run’s job. */
export const jobKey = 'graph_fleet_job';

/** The most that are asked for of each status: a thread takes one at a time, and a person may add others beside it. */
const mostRuns = 1_000;
const stopTries = 3;
/** How long the server may take to end a run. */
const stopMs = 10_000;

/** A run that waits on the server or executes there. */
export interface ActiveRun {
  readonly runId: string;
  readonly jobId: unknown;
}

/** Makes the client of one person. */
export function createServerClient(serverUrl: string, token: BearerToken): Client {
  // No retries: the server knows no key by which a run that was made already could be told. No key of the environment.
  return new Client({
    apiUrl: serverUrl,
    apiKey: null,
    callerOptions: { maxRetries: 0 },
    defaultHeaders: { Authorization: `Bearer ${token.reveal()}` },
  });
}

/** Lists what is under way on a thread, however many runs it has had. */
export async function listActiveRuns(
  client: Client,
  threadId: string,
  signal?: AbortSignal,
): Promise<readonly ActiveRun[]> {
  const active: ActiveRun[] = [];
  // In this order: a run that begins between the two questions is in one of the answers.
  for (const status of ['pending', 'running'] as const) {
    const runs = await client.runs.list(threadId, { status, limit: mostRuns, ...(signal && { signal }) });
    for (const { run_id, metadata, status: now } of runs)
      if (now === status) active.push({ runId: run_id, jobId: toRecord(metadata)[jobKey] });
  }
  return active;
}

/** Which runs are to be ended. */
export interface StoppedRuns {
  readonly threadId: string;
  readonly jobId: string;
  /** How long to wait before another try, in milliseconds. */
  readonly pauseMs: number;
}

/** Ends the runs of a job, and tries again when that fails. Gives false when the server did not confirm it at last. */
export async function stopServerRuns(
  client: Client,
  { threadId, jobId, pauseMs }: StoppedRuns,
): Promise<boolean> {
  for (let tries = 1; ; tries += 1) {
    try {
      const signal = AbortSignal.timeout(stopMs);
      const runs = await listActiveRuns(client, threadId, signal);
      for (const { runId } of runs.filter((run) => run.jobId === jobId))
        await client.runs.cancel(threadId, runId, true, 'interrupt', { signal });
      return true;
    } catch {
      if (tries === stopTries) return false;
      await sleep(pauseMs);
    }
  }
}

/** Reads the HTTP status that an error of the client tells. */
export function statusOf(error: unknown): unknown {
  return error instanceof Error && 'status' in error ? error.status : undefined;
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return z.record(z.string(), z.unknown()).safeParse(value).data ?? {};
}
