import type { Kysely } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendAudit, openAuditTrail, type AuditEntry, type KeptHead } from '../../src/platform/audit-log.js';
import { digestOf } from '../../src/platform/digest.js';
import type { PlatformTables } from '../../src/platform/platform-tables.js';
import { openTestPlatform, readTrail, type TestPlatform } from '../support/test-platform.js';

let test: TestPlatform;
let db: Kysely<PlatformTables>;

beforeEach(async () => {
  test = await openTestPlatform();
  db = test.database.db.withTables<PlatformTables>();
});
afterEach(() => test.close());

const entry: AuditEntry = {
  recorded_at: '2026-01-02T03:04:05.000Z',
  request_id: 'request-1',
  issuer: 'http://localhost/test',
  subject: 'alice',
  token_id: null,
  client_id: 'chat',
  action: 'list_organizations',
  organization: 'acme',
  environment: null,
  kind: null,
  name: null,
  resource_id: null,
  decision: 'allowed',
  reason: 'members-read',
  outcome: 'ok',
  argument_digest: 'd',
  latency_ms: 1,
};

async function append(count: number, changes: Partial<AuditEntry> = {}): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await db.transaction().execute((transaction) => appendAudit(transaction, { ...entry, ...changes }));
  }
}

const verify = () => openAuditTrail(test.database).verify();

describe('appendAudit', () => {
  it('numbers the records without a gap, also when many are added at once', async () => {
    await Promise.all(Array.from({ length: 20 }, () => append(1)));
    expect((await readTrail(test.database)).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    expect(await verify()).toMatchObject({ intact: true, records: 20 });
  });

  it('takes control characters and tokens out of every text', async () => {
    const token = `eyJhbGciOiJFUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(40)}`;
    await append(1, { name: 'x\r\n2 FAKE \u001b[31m\u2028\u202e', organization: token });
    const [row] = await readTrail(test.database);
    expect(row?.name).toBe('x\ufffd\ufffd2 FAKE \ufffd[31m\ufffd\ufffd');
    expect(row?.organization).toBe('[redacted]');
    expect(await verify()).toMatchObject({ intact: true });
  });

  it('leaves no gap when its transaction is undone', async () => {
    await append(1);
    await expect(
      db.transaction().execute(async (transaction) => {
        await appendAudit(transaction, entry);
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    await append(1);
    expect(await verify()).toMatchObject({ intact: true, records: 2 });
  });
});

describe('openAuditTrail', () => {
  it('finds a record that was replaced by another with a digest of its own', async () => {
    await append(5);
    const { digest: _, ...record } = await db
      .selectFrom('audit_records')
      .selectAll()
      .where('seq', '=', 3)
      .executeTakeFirstOrThrow();
    const forged = { ...record, subject: 'bob' };
    await db
      .updateTable('audit_records')
      .set({ ...forged, digest: digestOf(forged) })
      .where('seq', '=', 3)
      .execute();

    expect(await verify()).toEqual({
      intact: false,
      seq: 4,
      problem: 'it does not follow the record before it',
    });
  });

  it('reads more than one batch', async () => {
    await db.transaction().execute(async (transaction) => {
      for (let index = 0; index < 1100; index += 1) await appendAudit(transaction, entry);
    });
    expect(await readTrail(test.database)).toHaveLength(1100);
    expect(await verify()).toMatchObject({ intact: true, records: 1100 });
  });

  it('proves an empty trail', async () => {
    expect(await verify()).toEqual({ intact: true, records: 0, digest: '0'.repeat(64) });
  });

  it.each([
    [
      'a changed record',
      3,
      async () => db.updateTable('audit_records').set({ subject: 'bob' }).where('seq', '=', 3).execute(),
    ],
    ['a removed record', 4, async () => db.deleteFrom('audit_records').where('seq', '=', 3).execute()],
    ['a removed end', 5, async () => db.deleteFrom('audit_records').where('seq', '=', 5).execute()],
    [
      'a changed digest',
      3,
      async () =>
        db
          .updateTable('audit_records')
          .set({ digest: 'f'.repeat(64) })
          .where('seq', '=', 3)
          .execute(),
    ],
    [
      'a link to elsewhere',
      3,
      async () =>
        db
          .updateTable('audit_records')
          .set({ previous_digest: 'f'.repeat(64) })
          .where('seq', '=', 3)
          .execute(),
    ],
    ['a removed beginning', 2, async () => db.deleteFrom('audit_records').where('seq', '=', 1).execute()],
    [
      'an end that replaced another',
      5,
      async () =>
        db
          .updateTable('audit_head')
          .set({ digest: 'e'.repeat(64) })
          .execute(),
    ],
  ])('finds %s at record %i', async (_, seq, tamper) => {
    await append(5);
    await tamper();
    expect(await verify()).toMatchObject({ intact: false, seq });
  });
});

describe('a head that was kept elsewhere', () => {
  const keep = async () => {
    const proof = await verify();
    if (!proof.intact) throw new Error('The trail is whole before anybody changes it.');
    return { records: proof.records, digest: proof.digest };
  };
  const verifyAgainst = (kept: KeptHead) => openAuditTrail(test.database).verify(kept);
  /** What somebody does who can write the database and knows how the chain is made. */
  const rewrite = async (records: number, subject: string): Promise<void> => {
    await db.deleteFrom('audit_records').execute();
    await db
      .updateTable('audit_head')
      .set({ seq: 0, digest: '0'.repeat(64) })
      .execute();
    await append(records, { subject });
  };

  it('is still in a trail that only grew', async () => {
    await append(3);
    const { records, digest } = await keep();
    await append(2);

    for (const kept of [{ records, digest }, { records }, { digest }, {}]) {
      expect(await verifyAgainst(kept)).toMatchObject({ intact: true, records: 5 });
    }
  });

  it('shows a trail that was rewritten as a whole, which the chain alone does not', async () => {
    await append(3);
    const { records, digest } = await keep();
    await rewrite(4, 'bob');

    expect(await verify()).toMatchObject({ intact: true, records: 4 });
    expect(await verifyAgainst({ records, digest })).toMatchObject({ intact: false, seq: 3 });
    expect(await verifyAgainst({ digest })).toMatchObject({ intact: false });
  });

  it('shows a trail that was cut together with its head', async () => {
    await append(5);
    const { records, digest } = await keep();
    await rewrite(2, 'alice');

    expect(await verify()).toMatchObject({ intact: true, records: 2 });
    for (const kept of [{ records, digest }, { records }]) {
      expect(await verifyAgainst(kept)).toMatchObject({
        intact: false,
        seq: 3,
        problem: expect.stringContaining('cut') as string,
      });
    }
    expect(await verifyAgainst({ digest })).toMatchObject({ intact: false });
  });
});
