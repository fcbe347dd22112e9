import { describe, expect, it } from 'vitest';
import type { AuditFindings, AuditRecord } from '../../../src/commands/demo/audit-lines.js';
import { requireAudit } from '../../../src/commands/demo/audit-lines.js';

const create: AuditRecord = {
  subject: 'alice',
  action: 'create_cloud_resource',
  organization: 'acme',
  environment: 'dev',
  name: 'orders-db',
  resource_id: 'res_1',
  decision: 'allowed',
  reason: 'developers-create-outside-production',
};
const refused = { ...create, subject: 'bob', name: null, resource_id: null, decision: 'denied' };
const read = { ...create, action: 'list_organizations' };
const whole: AuditFindings['proof'] = { intact: true, digest: '0123456789abcdef' };

describe('requireAudit', () => {
  it('shows what changes something and counts the reads', () => {
    const { lines, reads, proof } = requireAudit({ records: [read, create, read, refused], proof: whole });

    expect(reads).toBe(2);
    expect(lines.map(({ who, where, what, decision }) => [who, where, what, decision])).toEqual([
      ['alice', 'acme/dev', 'orders-db', 'allowed'],
      ['bob', 'acme/dev', '', 'denied'],
    ]);
    expect(proof).toBe('the chain of 4 records is whole, its last digest begins with 0123456789ab');
  });

  it.each([
    ['a broken chain', [create, refused], { intact: false, problem: 'x' }, /broken/],
    ['a trail without the allowed create', [refused], whole, /Alice's allowed/],
    ['a trail without the denied create', [create], whole, /Bob's denied/],
    ['a trail in which Bob created', [create, refused, { ...create, subject: 'bob' }], whole, /Bob created/],
  ] as const)('refuses %s', (_, records, proof, message) => {
    expect(() => requireAudit({ records, proof })).toThrow(message);
  });
});
