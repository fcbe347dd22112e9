/** What the platform promises, whichever database keeps it: the same tests run on SQLite and on PostgreSQL. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sql } from 'kysely';
import type { PlatformTables } from '../../src/platform/platform-tables.js';
import { openAuditTrail } from '../../src/platform/audit-log.js';
import { createManualClock, type ManualClock } from '../../src/testing/manual-clock.js';
import {
  callerFor,
  createInput,
  openTestPlatform,
  rdsSpec,
  type Person,
  type TestPlatform,
} from './test-platform.js';

export function describePlatform(
  engine: string,
  open: () => Promise<Parameters<typeof openTestPlatform>[0]>,
): void {
  let test: TestPlatform;
  let clock: ManualClock;

  beforeEach(async () => {
    clock = createManualClock();
    test = await openTestPlatform({ clock, ...(await open()) });
  });
  afterEach(() => test.close());

  const create = (person: Person, changes: Record<string, unknown> = {}) =>
    test.platform.createResource(callerFor(person), createInput(changes));
  const lastRecord = async () => (await test.audit()).at(-1);

  describe(`creating on ${engine}`, () => {
    it('records a pending resource without its write-only fields', async () => {
      const { resource, hasCredentials } = await create('alice', {
        resource_name: 'Orders',
        description: 'For orders.',
        tags: ['team:a'],
      });

      const { password: _, ...spec } = rdsSpec;
      expect(resource).toEqual({
        id: expect.stringMatching(/^res_[0-9a-f]{32}$/) as string,
        name: 'orders',
        cloud_resource_kind: 'AwsRdsInstance',
        org: 'acme',
        env: 'dev',
        state: 'pending',
        state_message: 'Recorded; waiting to begin.',
        created_by: 'alice',
        created_at: '2026-01-02T03:04:05.000Z',
        description: 'For orders.',
        tags: ['team:a'],
        spec,
      });
      expect(hasCredentials).toBe(true);
    });

    it('gives a name once, however many ask for it at the same time', async () => {
      const endings = await Promise.allSettled(Array.from({ length: 8 }, () => create('alice')));
      const lost = endings
        .filter((ending) => ending.status === 'rejected')
        .map(({ reason }) => reason as unknown);

      expect(endings.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(lost).toEqual(
        Array.from(
          { length: 7 },
          () => expect.objectContaining({ code: 'ERR_CONFLICT', id: 'orders' }) as unknown,
        ),
      );
      expect(await test.platform.searchResources(callerFor('alice'), { org_id: 'acme' })).toHaveLength(1);
      expect(await test.audit()).toHaveLength(9);
      expect(await openAuditTrail(test.database).verify()).toMatchObject({ intact: true });
    });

    it('lets the same name stand in another environment, kind or organization', async () => {
      await create('alice');
      await create('alice', { env_name: 'staging' });
      await create('alice', { cloud_resource_kind: 'AwsS3Bucket', spec: { region: 'eu-central-1' } });
      await create('carol', { org_id: 'globex' });
    });

    it('changes nothing when its audit record cannot be kept, while reads go on', async () => {
      const db = test.database.db.withTables<PlatformTables>();
      await sql`alter table audit_head rename to audit_head_away`.execute(db);

      await expect(create('alice')).rejects.toMatchObject({
        code: 'ERR_STORAGE_UNAVAILABLE',
        retryable: true,
      });
      expect(await test.platform.searchResources(callerFor('alice'), { org_id: 'acme' })).toEqual([]);

      await sql`alter table audit_head_away rename to audit_head`.execute(db);
      await create('alice');
    });

    it('refuses a NUL character, which one of the engines cannot store', async () => {
      await expect(create('alice', { description: 'a\u0000b' })).rejects.toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
      });
    });
  });

  describe(`an idempotency key on ${engine}`, () => {
    const createWith = async (
      key: unknown,
      changes: Record<string, unknown> = {},
      person: Person = 'alice',
    ) => (await test.platform.createResource(callerFor(person), createInput(changes), key)).resource;
    const otherPassword = { spec: { ...rdsSpec, password: 'another-Password-77' } };
    const sevenDays = 7 * 86_400_000;
    const keptKeys = () =>
      test.database.db.withTables<PlatformTables>().selectFrom('idempotency_keys').selectAll().execute();
    const outcomes = async () => (await test.audit()).map(({ outcome }) => outcome);

    it('that comes again gives the first resource, also with another password', async () => {
      const first = await createWith('key-1');
      clock.advance(2000);

      expect(await createWith('key-1', otherPassword)).toEqual({
        ...first,
        state: 'available',
        state_message: undefined,
      });
      expect(await test.platform.searchResources(callerFor('alice'), { org_id: 'acme' })).toHaveLength(1);
    });

    it('leaves the password of the first call sealed', async () => {
      const { id } = await createWith('key-1');
      await createWith('key-1', otherPassword);

      expect(await test.platform.revealCredentials(callerFor('alice'), { resource_id: id })).toEqual({
        status: 'revealed',
        values: { password: rdsSpec.password },
      });
    });

    it('that comes again is told from a create in the trail, which proves itself', async () => {
      const { id } = await createWith('key-1');
      await createWith('key-1');

      expect(await test.audit()).toMatchObject([
        { action: 'create_cloud_resource', decision: 'allowed', outcome: 'ok', resource_id: id },
        { action: 'create_cloud_resource', decision: 'allowed', outcome: 'replayed', resource_id: id },
      ]);
      expect(await openAuditTrail(test.database).verify()).toMatchObject({ intact: true });
    });

    it('makes one resource, however many calls carry it at the same time', async () => {
      // A pool opens its connections one by one; opened beforehand, the calls below really meet.
      await Promise.all(
        Array.from({ length: 6 }, () => test.platform.listOrganizations(callerFor('alice'), {})),
      );
      const made = await Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          createWith('key-1', { spec: { ...rdsSpec, password: `Generated-${String(index)}-x` } }),
        ),
      );

      expect(new Set(made.map(({ id }) => id)).size).toBe(1);
      expect((await outcomes()).filter((outcome) => outcome === 'replayed')).toHaveLength(5);
    });

    it.each([
      ['name', { resource_name: 'other' }],
      ['environment', { env_name: 'staging' }],
      ['kind', { cloud_resource_kind: 'AwsS3Bucket', spec: { region: 'eu-central-1' } }],
      ['description', { description: 'Another one.' }],
      ['tags', { tags: ['team:b'] }],
      ['spec', { spec: { ...rdsSpec, allocated_storage_gb: 21 } }],
    ])('with another %s is refused by its own name', async (_field, changes) => {
      await createWith('key-1');

      await expect(createWith('key-1', changes)).rejects.toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
        issues: [
          {
            path: '_meta.graph-fleet/idempotency-key',
            message: expect.stringContaining('came with another call') as string,
          },
        ],
      });
      expect(await outcomes()).toEqual(['ok', 'ERR_INVALID_ARGUMENT']);
      expect(await test.platform.searchResources(callerFor('alice'), { org_id: 'acme' })).toHaveLength(1);
    });

    it('of one person says nothing of another’s', async () => {
      await createWith('key-1');
      const other = await createWith('key-1', { org_id: 'globex' }, 'carol');

      expect(other.created_by).toBe('carol');
      expect(await outcomes()).toEqual(['ok', 'ok']);
    });

    it('gives nothing to a person who has left the organization', async () => {
      await createWith('key-1');
      const left = callerFor('alice', { organization: undefined });

      await expect(test.platform.createResource(left, createInput(), 'key-1')).rejects.toMatchObject({
        code: 'ERR_PERMISSION_DENIED',
      });
    });

    it('stays free when its call fails', async () => {
      await create('alice');
      await expect(createWith('key-1')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });

      expect(await createWith('key-1', { resource_name: 'free' })).toMatchObject({ name: 'free' });
    });

    it('is kept for seven days, and dropped when another one is kept after them', async () => {
      await createWith('key-1');
      clock.advance(sevenDays);
      await createWith('key-2', { resource_name: 'second' });
      expect(await keptKeys()).toHaveLength(2);

      clock.advance(1);
      await createWith('key-3', { resource_name: 'third' });

      expect(await keptKeys()).toHaveLength(2);
      expect(await createWith('key-2', { resource_name: 'second' })).toMatchObject({ name: 'second' });
    });

    it('stands in the database unreadable, with no person beside it', async () => {
      await createWith('key-of-a-call');

      expect(JSON.stringify(await keptKeys())).not.toMatch(/key-of-a-call|alice|localhost/);
    });

    it.each([
      ['a number', 7],
      ['null', null],
      ['empty', ''],
      ['129 characters long', 'k'.repeat(129)],
      ['a text with a line end', 'key\n1'],
      ['a text with a NUL character', 'key\u00001'],
    ])('that is %s is refused and named', async (_title, key) => {
      await expect(createWith(key)).rejects.toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
        issues: [
          {
            path: '_meta.graph-fleet/idempotency-key',
            message: expect.stringContaining('1 to 128 characters') as string,
          },
        ],
      });
      expect(await test.audit()).toMatchObject([{ decision: 'failed', outcome: 'ERR_INVALID_ARGUMENT' }]);
    });

    it.each(['k'.repeat(128), 'ключ 🔑', '\ud800'])('that is %j is taken', async (key) => {
      const first = await createWith(key);

      expect((await createWith(key)).id).toBe(first.id);
    });
  });

  describe(`reading on ${engine}`, () => {
    it('shows the state that follows from the age', async () => {
      const { resource } = await create('alice');
      const failing = await create('alice', { resource_name: 'doomed', tags: ['simulate:failed'] });
      const read = async (id: string) =>
        (await test.platform.getResource(callerFor('bob'), { resource_id: id })).resource.state;

      clock.advance(300);
      expect(await read(resource.id)).toBe('creating');
      clock.advance(1200);
      expect([await read(resource.id), await read(failing.resource.id)]).toEqual(['available', 'failed']);
    });

    it('finds by environment, kind and part of the name, newest first, without specs', async () => {
      await create('alice', { resource_name: 'orders-a' });
      clock.advance(10);
      await create('alice', { resource_name: 'orders-b', env_name: 'staging' });
      clock.advance(10);
      await create('alice', {
        resource_name: 'logs',
        cloud_resource_kind: 'AwsS3Bucket',
        spec: { region: 'eu-central-1' },
      });
      const find = async (filter: Record<string, unknown>) =>
        (await test.platform.searchResources(callerFor('dave'), { org_id: 'acme', ...filter })).map(
          ({ name }) => name,
        );

      expect(await find({})).toEqual(['logs', 'orders-b', 'orders-a']);
      expect(await find({ search_text: 'ORDERS' })).toEqual(['orders-b', 'orders-a']);
      expect(await find({ env_names: ['dev'] })).toEqual(['logs', 'orders-a']);
      expect(await find({ cloud_resource_kinds: ['aws_s3_bucket'] })).toEqual(['logs']);
      expect(await find({ search_text: '%' })).toEqual([]);
      expect(await find({ search_text: '_' })).toEqual([]);
      expect(await find({ search_text: '!' })).toEqual([]);
      expect(await find({ env_names: [] })).toEqual([]);
      const [first] = await test.platform.searchResources(callerFor('dave'), { org_id: 'acme' });
      expect(first).not.toHaveProperty('spec');
    });

    it('answers the same for what is elsewhere and for what is nowhere', async () => {
      const { resource } = await create('alice');
      const ask = (person: Person, id: string) =>
        test.platform.getResource(callerFor(person), { resource_id: id });

      await expect(ask('carol', resource.id)).rejects.toMatchObject({
        code: 'ERR_NOT_FOUND',
        kind: 'resource',
      });
      expect(await lastRecord()).toMatchObject({
        decision: 'denied',
        reason: 'not-visible',
        resource_id: resource.id,
      });
      await expect(ask('carol', 'res_none')).rejects.toMatchObject({
        code: 'ERR_NOT_FOUND',
        kind: 'resource',
      });
    });
  });

  describe(`revealing on ${engine}`, () => {
    const reveal = (person: Person, id: string) =>
      test.platform.revealCredentials(callerFor(person), { resource_id: id });

    it('gives the credentials once, however many ask at the same time', async () => {
      const { resource } = await create('alice');
      // A pool opens its connections one by one; opened beforehand, the calls below really meet.
      const look = () => test.platform.getResource(callerFor('alice'), { resource_id: resource.id });
      await Promise.all(Array.from({ length: 6 }, look));
      const answers = await Promise.all(Array.from({ length: 6 }, () => reveal('alice', resource.id)));

      expect(answers.filter(({ status }) => status === 'revealed')).toEqual([
        { status: 'revealed', values: { password: rdsSpec.password } },
      ]);
      expect(answers.filter(({ status }) => status === 'gone')).toHaveLength(5);
      expect(
        (await test.platform.getResource(callerFor('alice'), { resource_id: resource.id })).hasCredentials,
      ).toBe(false);
    });

    it('gives them to nobody else, and tells nobody else that they exist', async () => {
      const { resource } = await create('alice');
      for (const person of ['bob', 'carol', 'dave'] as const) {
        await expect(reveal(person, resource.id)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
        expect(await lastRecord()).toMatchObject({
          decision: 'denied',
          action: 'reveal_credentials',
          subject: person,
        });
      }
      expect(
        (await test.platform.getResource(callerFor('bob'), { resource_id: resource.id })).hasCredentials,
      ).toBe(false);
      expect(await reveal('alice', resource.id)).toMatchObject({ status: 'revealed' });
    });

    it('has nothing to give for a resource that never had any', async () => {
      const { resource } = await create('alice', {
        cloud_resource_kind: 'AwsS3Bucket',
        spec: { region: 'eu-central-1' },
      });
      await expect(reveal('alice', resource.id)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    });
  });

  describe(`the audit trail on ${engine}`, () => {
    it('holds no write-only field in any form, and none is stored in clear', async () => {
      const { resource } = await create('alice');
      await expect(create('alice')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
      await expect(create('alice', { spec: { ...rdsSpec, port: -1 } })).rejects.toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
      });
      await test.platform.revealCredentials(callerFor('alice'), { resource_id: resource.id });
      const rows = await test.database.db
        .withTables<PlatformTables>()
        .selectFrom('resources')
        .selectAll()
        .execute();

      expect(JSON.stringify([await test.audit(), rows])).not.toContain(rdsSpec.password);
      const digests = (await test.audit()).slice(0, 2).map(({ argument_digest }) => argument_digest);
      expect(digests[0]).toBe(digests[1]);
    });

    it('proves itself after every kind of ending', async () => {
      await create('alice');
      await create('bob').catch(() => undefined);
      await create('mallory').catch(() => undefined);
      expect(await openAuditTrail(test.database).verify()).toMatchObject({ intact: true, records: 3 });
    });
  });
}
