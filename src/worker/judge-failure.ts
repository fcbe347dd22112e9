/** What becomes of a job whose attempt failed. */
import { GraphRecursionError } from '@langchain/langgraph';
import type { AnyFleetError } from '../errors.js';
import { findFleetError } from '../errors.js';
import { AgentServerBusyError, RunDrainedError } from './agent-runs.js';
import { AttemptLostError } from './job-attempts.js';
import type { JobEnd } from './job-ends.js';
import { endForSignIn, endWith } from './job-ends.js';
import type { CutReason } from './running-jobs.js';

/** The job is taken again. */
export interface Again {
  /** Told in the event `handed-over`. */
  readonly reason: string;
  /** Whether the attempt was a try that broke off. */
  readonly isCounted: boolean;
  readonly afterMs: number;
}

/** `lost`: another attempt has the job. `away`: something that runs need does not answer. */
export type Verdict =
  | { readonly kind: 'end'; readonly end: JobEnd }
  | { readonly kind: 'again'; readonly again: Again }
  | { readonly kind: 'away'; readonly what: string }
  | { readonly kind: 'lost' };

/** What is known of a failed attempt. */
export interface FailedAttempt {
  readonly error: unknown;
  readonly cutReason: CutReason | undefined;
  /** This attempt and those that broke off before it. */
  readonly tries: number;
  /** How many may break off. */
  readonly maxTries: number;
  readonly findAway: () => Promise<string | undefined>;
}

/** How long to wait for an agent server that cannot take a run. */
const busyMs = 2_000;

/** How long to wait for a key server that does not answer. */
const noKeysMs = 5_000;

/** Judges a failure. */
export async function judgeFailure(failed: FailedAttempt): Promise<Verdict> {
  const { error, cutReason } = failed;
  if (cutReason === 'lost' || error instanceof AttemptLostError) return { kind: 'lost' };
  if (cutReason === 'cancelled') return { kind: 'end', end: endWith('cancelled', 'cancelled') };
  if (cutReason === 'stopping' || error instanceof RunDrainedError)
    return { kind: 'again', again: { reason: 'worker-stopping', isCounted: false, afterMs: 0 } };
  if (error instanceof AgentServerBusyError)
    return { kind: 'again', again: { reason: 'agent-server-busy', isCounted: false, afterMs: busyMs } };
  const fleetError = findFleetError(error);
  const known = fleetError === undefined ? undefined : judgeFleetError(fleetError);
  if (known !== undefined) return known;
  if (isTooManySteps(error)) return { kind: 'end', end: endWith('failed', 'steps-used') };
  const what = await failed.findAway();
  return what === undefined ? judgeBreak(failed) : { kind: 'away', what };
}

function judgeFleetError(error: AnyFleetError): Verdict | undefined {
  switch (error.code) {
    case 'ERR_KEYS_UNAVAILABLE':
      return { kind: 'again', again: { reason: 'keys-away', isCounted: false, afterMs: noKeysMs } };
    case 'ERR_TOKEN_INVALID':
      if (error.reason === 'expired') return { kind: 'end', end: endForSignIn('expired', error.message) };
      return refuse(error);
    case 'ERR_TOKEN_MISSING':
    case 'ERR_SEALED_TOKEN':
    case 'ERR_PRINCIPAL_MISMATCH':
    case 'ERR_RESUME_INVALID':
      return refuse(error);
    default:
      return undefined;
  }
}

function refuse({ code, message }: AnyFleetError): Verdict {
  return { kind: 'end', end: { result: 'refused', code, message } };
}

/** By its code and not by its class alone: an agent may bring a LangGraph of its own. */
function isTooManySteps(error: unknown): boolean {
  if (error instanceof GraphRecursionError) return true;
  return (
    error instanceof Error && 'lc_error_code' in error && error.lc_error_code === 'GRAPH_RECURSION_LIMIT'
  );
}

/** The longest wait before the next try. */
const maxWaitMs = 30_000;

function judgeBreak({ tries, maxTries }: FailedAttempt): Verdict {
  if (tries >= maxTries) return { kind: 'end', end: deadEnd() };
  const afterMs = Math.min(500 * 2 ** tries, maxWaitMs);
  return { kind: 'again', again: { reason: 'broke-off', isCounted: true, afterMs } };
}

/** The end of a job that is given up. */
export function deadEnd(): JobEnd {
  return { ...endWith('failed', 'tries-used'), isDead: true };
}
