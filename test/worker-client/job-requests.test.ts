import { describe, expect, it } from 'vitest';
import type { InvalidArgumentError } from '../../src/errors.js';
import { requireJobId, toRenewalId, toResumeJob, toRunJob } from '../../src/worker-client/job-requests.js';

const asked = { agent: 'an_agent', threadId: 'thread-1', input: 'Hello', org: 'acme', token: 'a.b.c' };

function catchIssues(act: () => unknown): InvalidArgumentError['issues'] {
  try {
    act();
    return [];
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    // The line above has looked at it.
    return (error as InvalidArgumentError).issues;
  }
}

describe('toRunJob', () => {
  it('makes a job with ids of its own, and without the token', () => {
    const [one, other] = [toRunJob(asked), toRunJob(asked)];

    expect(one).toMatchObject({
      kind: 'run',
      agent: 'an_agent',
      threadId: 'thread-1',
      input: 'Hello',
      org: 'acme',
    });
    expect(one.tokenRef).toMatch(/^[\w-]{22}$/);
    expect(new Set([one.jobId, other.jobId, one.tokenRef, other.tokenRef]).size).toBe(4);
    expect(JSON.stringify(one)).not.toContain('a.b.c');
  });

  it('keeps the id it is given', () => {
    expect(toRunJob({ ...asked, jobId: 'job-1' }).jobId).toBe('job-1');
  });

  it('names every field that is out of bounds, the bound and the next step, and no value', () => {
    const issues = catchIssues(() =>
      toRunJob({ ...asked, agent: 'my agent', threadId: '', input: 'x'.repeat(100_001), org: 'a:canary' }),
    );

    expect(issues.map(({ path }) => path)).toEqual(['agent', 'threadId', 'input', 'org']);
    expect(issues.map(({ message }) => message)).toEqual([
      'must be 1 to 64 of A-Z, a-z, 0-9, "_" and "-"; choose another one.',
      'must be 1 to 64 of A-Z, a-z, 0-9, "_" and "-"; choose another one.',
      'must have at most 100000 characters; shorten it.',
      'must be 1 to 64 of A-Z, a-z, 0-9, "_" and "-"; choose another one.',
    ]);
  });
});

describe('toResumeJob', () => {
  it('makes a job with decisions, or one that brings a token alone', () => {
    const decisions = [{ type: 'approve' }] as const;

    expect(toResumeJob({ of: 'job-1', decisions, token: 'a.b.c' })).toMatchObject({
      kind: 'resume',
      of: 'job-1',
      decisions,
    });
    expect(toResumeJob({ of: 'job-1', token: 'a.b.c' }).kind).toBe('resume');
  });

  it('refuses decisions that are none', () => {
    const issues = catchIssues(() => toResumeJob({ of: 'job-1', decisions: [], token: 'a.b.c' }));

    expect(issues).toEqual([
      {
        path: 'decisions',
        message: 'must not be empty; give one decision for each action, or leave it out.',
      },
    ]);
  });
});

describe('toRenewalId', () => {
  it('gives one id for one job, which is itself the id of a job', () => {
    expect(toRenewalId('job-1')).toBe(toRenewalId('job-1'));
    expect(toRenewalId('job-2')).not.toBe(toRenewalId('job-1'));
    expect(requireJobId(toRenewalId(toRenewalId('job-1')))).toMatch(/^[\w-]{22}$/);
  });
});

describe('requireJobId', () => {
  it('refuses what would stand for another key', () => {
    expect(catchIssues(() => requireJobId('job:1')).map(({ path }) => path)).toEqual(['jobId']);
  });
});
