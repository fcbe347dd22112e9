/** The audit trail: one record a call, each sealed by a digest that covers the one before it. */
import type { Kysely } from 'kysely';
import type { Database } from '../database/open-database.js';
import { redact } from '../redaction.js';
import { digestOf } from './digest.js';
import { firstAuditDigest } from './migrations.js';
import type { AuditRow, PlatformTables } from './platform-tables.js';

/** What a record says; its place and digests are given by the trail. */
export type AuditEntry = Omit<AuditRow, 'seq' | 'previous_digest' | 'digest'>;

/** What a look over the whole trail found. */
export type AuditProof =
  | { readonly intact: true; readonly records: number; readonly digest: string }
  | { readonly intact: false; readonly seq: number; readonly problem: string };

/** What an earlier look returned, and somebody kept where the database’s writers do not reach. */
export interface KeptHead {
  /** The number of records at that time. */
  readonly records?: number | undefined;
  /** The digest of the last of them. */
  readonly digest?: string | undefined;
}

const batchSize = 1000;
// What a terminal or a line reader obeys: control characters, line separators, bidirectional overrides.
const controlCharacters = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Adds a record at the end. Run it inside a transaction: taking the next place locks the trail until the commit,
 * so that two writers cannot take the same one.
 */
export async function appendAudit(transaction: Kysely<PlatformTables>, entry: AuditEntry): Promise<void> {
  const { seq, digest: previous } = await transaction
    .updateTable('audit_head')
    .set((update) => ({ seq: update('seq', '+', 1) }))
    .where('id', '=', 1)
    .returning(['seq', 'digest'])
    .executeTakeFirstOrThrow();
  const record = { ...cleanText(entry), seq, previous_digest: previous };
  const digest = digestOf(record);
  await transaction
    .insertInto('audit_records')
    .values({ ...record, digest })
    .execute();
  await transaction.updateTable('audit_head').set({ digest }).where('id', '=', 1).execute();
}

/** The trail as a reader sees it. */
export interface AuditTrail {
  /** Yields the records, oldest first, without holding them all. */
  read(): AsyncIterable<AuditRow>;
  /**
   * Proves that no record was changed, removed or put in between. A trail that was cut, or rewritten together with its
   * head, shows only against a head that was kept elsewhere.
   */
  verify(kept?: KeptHead): Promise<AuditProof>;
}

/** Opens the trail of a platform's database for reading. */
export function openAuditTrail(database: Pick<Database, 'db'>): AuditTrail {
  const db = database.db.withTables<PlatformTables>();
  return { read: () => readAudit(db), verify: (kept = {}) => verifyAudit(db, kept) };
}

async function* readAudit(db: Kysely<PlatformTables>): AsyncGenerator<AuditRow> {
  for (let last = 0; ;) {
    const rows = await db
      .selectFrom('audit_records')
      .selectAll()
      .where('seq', '>', last)
      .orderBy('seq')
      .limit(batchSize)
      .execute();
    yield* rows;
    last = rows.at(-1)?.seq ?? last;
    if (rows.length < batchSize) return;
  }
}

async function verifyAudit(db: Kysely<PlatformTables>, kept: KeptHead): Promise<AuditProof> {
  const head = await db.selectFrom('audit_head').selectAll().executeTakeFirstOrThrow();
  let last: Link = { seq: 0, digest: firstAuditDigest };
  let isKeptFound = holdsKept(last, kept);
  for await (const row of readAudit(db)) {
    // Calls go on while this reads: what came after the head was read is not looked at.
    if (row.seq > head.seq) break;
    const problem = findProblem(row, last);
    if (problem !== undefined) return { intact: false, seq: row.seq, problem };
    last = row;
    isKeptFound ||= holdsKept(last, kept);
  }
  if (last.seq !== head.seq)
    return { intact: false, seq: last.seq + 1, problem: 'it is missing at the end of the trail' };
  if (last.digest !== head.digest)
    return { intact: false, seq: last.seq, problem: 'it is not the one that was written last' };
  if (!isKeptFound) return toKeptProblem(last, kept);
  return { intact: true, records: head.seq, digest: head.digest };
}

interface Link {
  readonly seq: number;
  readonly digest: string;
}

/** Whether a record is the one that was last when the head was kept; what was not kept agrees with all. */
function holdsKept(link: Link, { records = link.seq, digest = link.digest }: KeptHead): boolean {
  return link.seq === records && link.digest === digest;
}

function toKeptProblem(last: Link, { records }: KeptHead): AuditProof {
  if (records !== undefined && records > last.seq) {
    const problem = `it was there when the head was kept, at ${String(records)} records; the trail was cut`;
    return { intact: false, seq: last.seq + 1, problem };
  }
  const problem = 'the kept digest is not where it was; the trail was rewritten, or cut before it';
  return { intact: false, seq: records ?? last.seq, problem };
}

function findProblem(row: AuditRow, last: Link): string | undefined {
  const { digest, ...record } = row;
  if (row.seq !== last.seq + 1) return `the record before it, number ${String(last.seq + 1)}, is missing`;
  if (row.previous_digest !== last.digest) return 'it does not follow the record before it';
  return digestOf(record) === digest ? undefined : 'its content is not what was written';
}

function cleanText(entry: AuditEntry): AuditEntry {
  const clean = Object.entries(entry).map(([name, value]) => [
    name,
    typeof value === 'string' ? redact(value).replace(controlCharacters, '\ufffd').slice(0, 500) : value,
  ]);
  return Object.fromEntries(clean) as AuditEntry; // The same names with values of the same types.
}
