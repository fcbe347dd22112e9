import { describe, expect, it } from 'vitest';
import type { OpenQuestion } from '../../src/worker/thread-view.js';
import { toTurnEnd } from '../../src/worker/turn-end.js';
import { heldJob } from './held-job.js';

const end = (...open: OpenQuestion[]) =>
  toTurnEnd(heldJob(), {
    messages: [
      { id: 'job-1', kind: 'human', text: 'hello', calls: [], answers: undefined },
      { id: 'a', kind: 'ai', text: 'hi', calls: [], answers: undefined },
    ],
    open,
    hasNext: open.length > 0,
  });

describe('toTurnEnd', () => {
  it('is done with what the agent said when nothing is open', () => {
    expect(end()).toEqual({ result: 'done', message: 'hi' });
  });

  it('waits for the decision on an approval', () => {
    const request = { actionRequests: [], reviewConfigs: [] };

    expect(end({ id: 'i', value: request })).toMatchObject({
      ...{ result: 'waiting', wanted: [{ type: 'approval-wanted', interruptId: 'i', request }] },
    });
  });

  it('waits for a sign-in with its own sentence', () => {
    const value = { type: 'sign-in', reason: 'refused', message: 'Sign in again.' };

    expect(end({ id: 'i', value })).toEqual({
      ...{ result: 'waiting', message: 'Sign in again.' },
      wanted: [{ type: 'sign-in-wanted', reason: 'refused', message: 'Sign in again.' }],
    });
  });

  it('passes on whatever else an agent asks', () => {
    expect(end({ id: 'i', value: 'Which one?' })).toMatchObject({
      wanted: [{ type: 'approval-wanted', request: { value: 'Which one?' } }],
    });
  });
});
