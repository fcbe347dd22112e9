import { describe, expect, it } from 'vitest';
import { auditTableHead, toAuditLine } from '../../src/platform/audit-table.js';
import type { AuditRow } from '../../src/platform/platform-tables.js';

const row: AuditRow = {
  seq: 7,
  recorded_at: '2026-01-02T03:04:05.000Z',
  request_id: 'r',
  issuer: 'i',
  subject: 'alice',
  token_id: null,
  client_id: null,
  action: 'create_cloud_resource',
  organization: 'acme',
  environment: 'dev',
  kind: 'AwsRdsInstance',
  name: 'orders',
  resource_id: 'res_1',
  decision: 'allowed',
  reason: 'developers-create-outside-production',
  outcome: 'ok',
  argument_digest: 'a',
  latency_ms: 3,
  previous_digest: 'p',
  digest: 'd',
};

describe('toAuditLine', () => {
  it('puts each value under its title', () => {
    const [head, line] = [auditTableHead(), toAuditLine(row)];
    for (const [title, value] of [
      ['who', 'alice'],
      ['where', 'acme/dev'],
      ['what', 'AwsRdsInstance orders'],
      ['decision', 'allowed'],
      ['reason', 'developers'],
    ] as const) {
      expect(line.indexOf(value)).toBe(head.indexOf(title));
    }
  });

  it('is one line', () => {
    expect(toAuditLine({ ...row, environment: null, kind: null, name: null })).not.toContain('\n');
  });
});
