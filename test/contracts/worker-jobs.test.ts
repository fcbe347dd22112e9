import { describe, expect, it } from 'vitest';
import { job, jobEvent, jobRecord, keys } from '../../src/contracts/worker-jobs.js';

const run = {
  jobId: 'job-1',
  agent: 'an_agent',
  threadId: 'thread-1',
  input: 'Hello',
  org: 'acme',
  tokenRef: 'ref-1',
};
const resume = { kind: 'resume', jobId: 'job-2', of: 'job-1', tokenRef: 'ref-2' };

describe('job', () => {
  it('takes a job without a kind for one that begins a turn', () => {
    expect(job.parse(run)).toEqual({ kind: 'run', ...run });
    expect(job.parse({ kind: 'run', ...run, env: 'dev' })).toEqual({ kind: 'run', ...run, env: 'dev' });
  });

  it('takes a resume job with or without decisions, which keep all they have', () => {
    const decisions = [{ type: 'edit', editedAction: { name: 'make', args: { size: 1 } }, digest: 'd' }];

    expect(job.parse(resume)).toEqual(resume);
    expect(job.parse({ ...resume, decisions })).toEqual({ ...resume, decisions });
  });

  it.each([
    ['an id with a colon', { ...run, jobId: 'a:b' }, 'jobId'],
    ['an id of 65 characters', { ...run, threadId: 'a'.repeat(65) }, 'threadId'],
    ['an empty message', { ...run, input: '' }, 'input'],
    ['a message of 100 001 characters', { ...run, input: 'a'.repeat(100_001) }, 'input'],
    ['no organization', { ...run, org: undefined }, 'org'],
    ['a token', { ...run, token: 'a.b.c' }, ''],
    ['decisions that are none', { ...resume, decisions: [] }, 'decisions'],
    ['a decision of another type', { ...resume, decisions: [{ type: 'maybe' }] }, 'decisions.0.type'],
    ['a resume of nothing', { ...resume, of: undefined }, 'of'],
    ['another kind', { ...run, kind: 'walk' }, 'kind'],
    ['no object', 'a text', ''],
  ])('refuses %s', (_title, value, path) => {
    expect(job.safeParse(value).error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });
});

describe('jobEvent', () => {
  it('leaves out what a later version adds to an event', () => {
    const told = { type: 'text', messageId: 'm', text: 'Hello' } as const;

    expect(jobEvent.parse({ ...told, mood: 'fine' })).toEqual(told);
  });
});

describe('jobRecord', () => {
  it('reads the texts of a hash', () => {
    expect(jobRecord.parse({ state: 'queued' })).toEqual({ state: 'queued', attempt: 0 });
    expect(jobRecord.parse({ state: 'running', attempt: '3' })).toEqual({ state: 'running', attempt: 3 });
  });
});

describe('keys', () => {
  it('all begin with the name of the project', () => {
    const names = Object.values(keys).map((key) => (typeof key === 'string' ? key : key('id')));

    expect(names.filter((name) => !name.startsWith('graph-fleet:'))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });
});
