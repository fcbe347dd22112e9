/** The platform's tables as its queries see them; `migrations.ts` makes them. */

interface OrganizationRow {
  id: string;
  slug: string;
  name: string;
  /** 1 while the directory names it, else 0: what it owns is kept and not shown. */
  active: number;
}

interface EnvironmentRow {
  id: string;
  organization_id: string;
  slug: string;
  name: string;
  description: string;
  /** Place in the directory, which is the order in which they are listed. */
  position: number;
  active: number;
}

interface MembershipRow {
  subject: string;
  organization_id: string;
  role: string;
}

/** One resource. */
export interface ResourceRow {
  id: string;
  organization_id: string;
  environment_id: string;
  kind: string;
  name: string;
  description: string | null;
  /** JSON array of strings. */
  tags: string;
  /** JSON object without write-only fields. */
  spec: string;
  created_by_issuer: string;
  created_by: string;
  /** RFC 3339, UTC; the state follows from it and the clock. */
  created_at: string;
  /** The state in which it ends. */
  final_state: 'available' | 'failed';
  /** Write-only fields, encrypted; null when there are none, or none any more. */
  sealed: string | null;
  /** When the write-only fields were handed out; null until then. */
  revealed_at: string | null;
}

/** One line of the audit trail. */
export interface AuditRow {
  seq: number;
  recorded_at: string;
  request_id: string;
  issuer: string;
  subject: string;
  token_id: string | null;
  client_id: string | null;
  action: string;
  organization: string | null;
  environment: string | null;
  kind: string | null;
  name: string | null;
  resource_id: string | null;
  decision: string;
  reason: string;
  outcome: string;
  argument_digest: string;
  latency_ms: number;
  previous_digest: string;
  digest: string;
}

interface AuditHeadRow {
  id: number;
  seq: number;
  digest: string;
}

interface IdempotencyKeyRow {
  /** Of the principal and the key: neither stands here in clear. */
  key_digest: string;
  /** Of the call that took it. */
  content_digest: string;
  /** What that call made. */
  resource_id: string;
  /** RFC 3339, UTC. */
  taken_at: string;
}

interface Tables {
  organizations: OrganizationRow;
  environments: EnvironmentRow;
  memberships: MembershipRow;
  resources: ResourceRow;
  audit_records: AuditRow;
  audit_head: AuditHeadRow;
  idempotency_keys: IdempotencyKeyRow;
}

/** Every table by name. */
export type PlatformTables = Pick<Tables, keyof Tables>;
