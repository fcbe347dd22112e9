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
