import { GraphRecursionError } from '@langchain/langgraph';
import { describe, expect, it } from 'vitest';
import {
  KeysUnavailableError,
  PrincipalMismatchError,
  ResumeInvalidError,
  SealedTokenError,
  TokenInvalidError,
  TokenMissingError,
} from '../../src/errors.js';
import { AgentServerBusyError, RunDrainedError } from '../../src/worker/agent-runs.js';
import { AttemptLostError } from '../../src/worker/job-attempts.js';
import type { FailedAttempt } from '../../src/worker/judge-failure.js';
import { deadEnd, judgeFailure } from '../../src/worker/judge-failure.js';

const unknown = new Error('unknown');

function judge(error: unknown, difference: Partial<FailedAttempt> = {}) {
  const findAway = (): Promise<undefined> => Promise.resolve(undefined);
  return judgeFailure({ error, cutReason: undefined, tries: 1, maxTries: 3, findAway, ...difference });
}

describe('judgeFailure', () => {
  it.each([
    ['signature', new TokenInvalidError('signature'), 'ERR_TOKEN_INVALID'],
    ['no token', new TokenMissingError(), 'ERR_TOKEN_MISSING'],
    ['a sealed token that does not open', new SealedTokenError(), 'ERR_SEALED_TOKEN'],
    ['another person', new PrincipalMismatchError(), 'ERR_PRINCIPAL_MISMATCH'],
    ['decisions of another shape', new ResumeInvalidError('no'), 'ERR_RESUME_INVALID'],
  ])('refuses for %s, also when a framework wrapped it', async (_title, error, code) => {
    const wrapped = new Error('wrapped', { cause: error });

    expect(await judge(error)).toMatchObject({ kind: 'end', end: { result: 'refused', code } });
    expect(await judge(wrapped)).toMatchObject({ kind: 'end', end: { result: 'refused', code } });
  });

  it('waits for a new token when the one it has ended', async () => {
    expect(await judge(new TokenInvalidError('expired'))).toMatchObject({
      end: { result: 'waiting', wanted: [{ type: 'sign-in-wanted', reason: 'expired' }] },
    });
  });

  it.each([
    ['a key server that is away', new KeysUnavailableError(), 'keys-away'],
    ['an agent server that is busy', new AgentServerBusyError(), 'agent-server-busy'],
    ['a worker that stops', new RunDrainedError(), 'worker-stopping'],
  ])('counts no try for %s', async (_title, error, reason) => {
    expect(await judge(error, { tries: 3 })).toMatchObject({
      ...{ kind: 'again', again: { reason, isCounted: false } },
    });
  });

  it('counts no try when something is away that runs need', async () => {
    expect(await judge(unknown, { tries: 3, findAway: async () => 'postgresql' })).toEqual({
      ...{ kind: 'away', what: 'postgresql' },
    });
  });

  it('tries again after an unknown error, later each time, and gives up after the last try', async () => {
    const waits = await Promise.all([1, 2].map((tries) => judge(unknown, { tries })));

    expect(waits).toMatchObject([
      { again: { reason: 'broke-off', isCounted: true, afterMs: 1000 } },
      { again: { afterMs: 2000 } },
    ]);
    expect(await judge(unknown, { tries: 3 })).toEqual({ kind: 'end', end: deadEnd() });
    expect(deadEnd()).toMatchObject({ result: 'failed', code: 'tries-used', isDead: true });
  });

  it('does not try an agent again that took too many steps', async () => {
    expect(await judge(new GraphRecursionError('25'))).toMatchObject({
      end: { result: 'failed', code: 'steps-used' },
    });
  });

  it.each([
    ['cancelled', { kind: 'end', end: { result: 'cancelled' } }],
    ['lost', { kind: 'lost' }],
    ['stopping', { kind: 'again', again: { isCounted: false } }],
  ] as const)('goes by the reason when the run was cut: %s', async (cutReason, verdict) => {
    expect(await judge(unknown, { cutReason })).toMatchObject(verdict);
  });

  it('lets go of a job that another attempt has', async () => {
    expect(await judge(new AttemptLostError())).toEqual({ kind: 'lost' });
  });
});
