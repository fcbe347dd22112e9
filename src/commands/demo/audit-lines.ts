/** What the demo shows of the audit trail: every call that changes or hands out something, the reads as a number. */
import type { AuditLine } from './demo-event.js';
import { requireStep } from './step-failed-error.js';

/** The members of an audit record that are shown. */
export interface AuditRecord {
  readonly subject: string;
  readonly action: string;
  readonly organization: string | null;
  readonly environment: string | null;
  readonly name: string | null;
  readonly resource_id: string | null;
  readonly decision: string;
  readonly reason: string;
}

/** The trail, and what a look over its chain of digests found. */
export interface AuditFindings {
  readonly records: readonly AuditRecord[];
  readonly proof:
    { readonly intact: true; readonly digest: string } | { readonly intact: false; readonly problem: string };
}

/** What is shown. */
export interface AuditSummary {
  readonly lines: readonly AuditLine[];
  readonly reads: number;
  /** One phrase. */
  readonly proof: string;
}

/**
 * Sums the trail up.
 *
 * @throws {@link StepFailedError} unless the chain is whole and both Alice’s and Bob’s attempt stand in it.
 */
export function requireAudit({ records, proof }: AuditFindings): AuditSummary {
  requireStep(proof.intact, 'The chain of the audit trail is broken.');
  const told = records.filter(({ action }) => !/^(?:list|get|search)_/.test(action));
  const lines = told.map(toAuditLine);
  requireStep(hasCreate(lines, 'alice', 'allowed'), "The audit trail does not hold Alice's allowed create.");
  requireStep(hasCreate(lines, 'bob', 'denied'), "The audit trail does not hold Bob's denied create.");
  requireStep(!hasCreate(lines, 'bob', 'allowed'), 'The audit trail says that Bob created something.');
  const digest = proof.digest.slice(0, 12);
  return {
    lines,
    reads: records.length - lines.length,
    proof: `the chain of ${String(records.length)} records is whole, its last digest begins with ${digest}`,
  };
}

function hasCreate(lines: readonly AuditLine[], who: string, decision: string): boolean {
  return lines.some(
    (line) => line.who === who && line.decision === decision && line.action === 'create_cloud_resource',
  );
}

function toAuditLine(record: AuditRecord): AuditLine {
  const { subject, action, organization, environment, name, resource_id: id, decision, reason } = record;
  const where = [organization, environment].filter((part) => part !== null).join('/');
  return { who: subject, action, where, what: name ?? id ?? '', decision, reason };
}
