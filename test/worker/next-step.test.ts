import { describe, expect, it } from 'vitest';
import type { HeldJob } from '../../src/worker/job-record.js';
import { nextStep } from '../../src/worker/next-step.js';
import type { SpokenMessage, ThreadView } from '../../src/worker/thread-view.js';
import { heldJob } from './held-job.js';

const human = (id: string): SpokenMessage => ({ id, kind: 'human', text: id, calls: [], answers: undefined });
const request = {
  actionRequests: [{ name: 'create', args: {}, description: '', digest: 'd' }],
  reviewConfigs: [],
};
const approval = { id: 'approval-1', value: request };
const signIn = { id: 'sign-in-1', value: { type: 'sign-in', reason: 'expired', message: 'Sign in.' } };
const decisions = [{ type: 'approve' }];

function view(difference: Partial<ThreadView> = {}): ThreadView {
  return { messages: [human('job-1')], open: [], hasNext: false, ...difference };
}

function answering(difference: Partial<HeldJob> = {}): HeldJob {
  return heldJob({ jobId: 'job-2', of: 'job-1', decisions, asked: ['approval-1'], ...difference });
}

describe('nextStep', () => {
  it.each<[string, HeldJob, ThreadView, unknown]>([
    ['sends a message that the thread does not have', heldJob(), view({ messages: [] }), { kind: 'send' }],
    ['goes on where steps are left', heldJob(), view({ hasNext: true }), { kind: 'go-on' }],
    ['does nothing when none is left', heldJob(), view(), { kind: 'over' }],
    [
      'asks again what the first job asked, and does not run it',
      heldJob(),
      view({ open: [approval], hasNext: true }),
      { kind: 'over' },
    ],
    [
      'sends the message of a job whose token was lost before it was said',
      heldJob({ of: 'job-1', jobId: 'job-2' }),
      view({ messages: [] }),
      { kind: 'send' },
    ],
    [
      'answers the open approval',
      answering(),
      view({ open: [approval], hasNext: true }),
      { kind: 'answer', resume: { decisions } },
    ],
    [
      'answers it again when an attempt broke off in the step',
      answering({ answered: '1' }),
      view({ open: [approval], hasNext: true }),
      { kind: 'answer', resume: { decisions } },
    ],
    [
      'goes on when an attempt broke off behind the step',
      answering({ answered: '1' }),
      view({ hasNext: true }),
      { kind: 'go-on' },
    ],
    [
      'leaves open what it opened itself after its answer',
      answering({ answered: '1' }),
      view({ open: [{ ...approval, id: 'approval-2' }], hasNext: true }),
      { kind: 'over' },
    ],
    [
      'answers an open sign-in alone, by its id',
      answering(),
      view({ open: [approval, signIn], hasNext: true }),
      { kind: 'answer', resume: { 'sign-in-1': true } },
    ],
    [
      'leaves an approval open when a token alone is brought',
      answering({ decisions: undefined }),
      view({ open: [approval], hasNext: true }),
      { kind: 'over' },
    ],
    [
      'refuses an answer to another approval than the open one',
      answering({ asked: ['approval-0'] }),
      view({ open: [approval], hasNext: true }),
      { kind: 'refuse', code: 'approval-gone' },
    ],
    ['refuses an answer when nothing is open', answering(), view(), { kind: 'refuse', code: 'nothing-open' }],
    [
      'refuses an answer on a thread that does not have the message',
      answering(),
      view({ messages: [] }),
      { kind: 'refuse', code: 'nothing-open' },
    ],
    [
      'refuses to answer behind the next message of the person',
      answering(),
      view({ messages: [human('job-1'), human('job-9')], open: [approval], hasNext: true }),
      { kind: 'refuse', code: 'turn-over' },
    ],
  ])('%s', (_title, job, thread, step) => {
    expect(nextStep(job, thread)).toEqual(step);
  });

  it('refuses decisions that do not fit the open approval', () => {
    const twice = answering({ decisions: [...decisions, ...decisions] });

    expect(() => nextStep(twice, view({ open: [approval], hasNext: true }))).toThrow(
      expect.objectContaining({ code: 'ERR_RESUME_INVALID' }),
    );
  });
});
