/** What one call says in the audit trail. */
import { digestOf, withoutMembers } from './digest.js';
import type { AuditEntry } from './audit-log.js';
import type { Trail } from './call-scope.js';
import type { Caller } from './caller.js';
import { secretFields } from './resource-kinds.js';

/** How a call ended. */
export interface CallEnding {
  readonly decision: 'allowed' | 'denied' | 'failed';
  /** `ok`, `replayed` when an earlier call with the same key had done it, or the code of the error. */
  readonly outcome: string;
}

/** Everything a record is made from. */
export interface AuditFacts {
  readonly caller: Caller;
  readonly action: string;
  /** Arguments as they came; only their digest is kept. */
  readonly input: unknown;
  readonly trail: Trail;
  readonly ending: CallEnding;
  readonly startedAt: number;
  readonly endedAt: number;
}

/**
 * Makes the entry. Of the arguments it holds organization, environment, kind and name, and a digest of the whole
 * without write-only fields: a digest of a password could be guessed back.
 */
export function toAuditEntry(facts: AuditFacts): AuditEntry {
  const { caller, trail, ending } = facts;
  return {
    recorded_at: new Date(facts.endedAt).toISOString(),
    request_id: caller.requestId,
    issuer: caller.principal.issuer,
    subject: caller.principal.subject,
    token_id: caller.principal.tokenId ?? null,
    client_id: caller.clientId ?? null,
    action: facts.action,
    organization: trail.organization,
    environment: trail.environment,
    kind: trail.kind,
    name: trail.name,
    resource_id: trail.resourceId,
    decision: ending.decision,
    reason: trail.reason,
    outcome: ending.outcome,
    argument_digest: digestOf(withoutMembers(facts.input, secretFields)),
    latency_ms: Math.max(0, Math.round(facts.endedAt - facts.startedAt)),
  };
}
