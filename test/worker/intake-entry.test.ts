import { describe, expect, it } from 'vitest';
import { orderOf, parseIntakeEntry } from '../../src/worker/intake-entry.js';

const job = { jobId: 'job-1', agent: 'a', threadId: 't', input: 'hi', org: 'acme', tokenRef: 'r' };

describe('parseIntakeEntry', () => {
  it('finds the job among the fields', () => {
    const fields = ['other', 'x', 'job', JSON.stringify(job)];

    expect(parseIntakeEntry('1-0', fields)).toMatchObject({ entryId: '1-0', job: { kind: 'run', ...job } });
  });

  it.each([
    ['no field', []],
    ['a deleted entry', null],
    ['a name without a value', ['job']],
    ['no JSON', ['job', '{"jobId":']],
    ['JSON that is no object', ['job', '"job-1"']],
    ['a value where a name belongs', ['x', 'job']],
  ])('gives no job for %s', (_title, fields) => {
    expect(parseIntakeEntry('1-0', fields)).toEqual({ entryId: '1-0', job: undefined, names: {} });
  });

  it('gives what can be read of a job that is malformed, and nothing that is no id', () => {
    const wrong = { ...job, input: '', org: 'a b', threadId: 7, tokenRef: 'secret' };

    expect(parseIntakeEntry('1-0', ['job', JSON.stringify(wrong)])).toEqual({
      ...{ entryId: '1-0', job: undefined, names: { jobId: 'job-1', agent: 'a' } },
    });
  });
});

describe('orderOf', () => {
  it('keeps the order of entries, also within one millisecond', () => {
    const ids = ['1795284131042-0', '1795284131042-1', '1795284131042-4095', '1795284131043-0'];
    const orders = ids.map(orderOf);

    expect(orders).toEqual([...new Set(orders)].sort((one, other) => one - other));
    expect(orders.every(Number.isSafeInteger)).toBe(true);
  });
});
