import { describe, expect, it } from 'vitest';
import { toAuditEntry, type AuditFacts } from '../../src/platform/audit-entry.js';
import { createTrail } from '../../src/platform/call-scope.js';
import { callerFor, createInput, rdsSpec } from '../support/test-platform.js';

const facts: AuditFacts = {
  caller: callerFor('alice'),
  action: 'create_cloud_resource',
  input: createInput(),
  trail: createTrail(undefined),
  ending: { decision: 'failed', outcome: 'ERR_CONFLICT' },
  startedAt: 1000,
  endedAt: 1007.4,
};

describe('toAuditEntry', () => {
  it('tells who, what, how it ended and how long it took', () => {
    expect(toAuditEntry(facts)).toMatchObject({
      recorded_at: '1970-01-01T00:00:01.007Z',
      request_id: 'request-of-alice',
      subject: 'alice',
      token_id: 'token-of-alice',
      client_id: 'test-client',
      decision: 'failed',
      outcome: 'ERR_CONFLICT',
      latency_ms: 7,
    });
  });

  it('has a digest that tells arguments apart, but not passwords', () => {
    const digest = (spec: unknown): string =>
      toAuditEntry({ ...facts, input: createInput({ spec }) }).argument_digest;
    expect(digest({ ...rdsSpec, password: 'another-1' })).toBe(digest(rdsSpec));
    expect(digest({ ...rdsSpec, port: 1 })).not.toBe(digest(rdsSpec));
  });

  it('takes a clock that was set back', () => {
    expect(toAuditEntry({ ...facts, endedAt: 0 }).latency_ms).toBe(0);
  });
});
