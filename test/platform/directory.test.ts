import type { Kysely } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findEnvironments, findMembership, syncDirectory } from '../../src/platform/directory.js';
import type { DirectoryFile } from '../../src/platform/directory-file.js';
import type { PlatformTables } from '../../src/platform/platform-tables.js';
import { callerFor, createInput, openTestPlatform, type TestPlatform } from '../support/test-platform.js';

let test: TestPlatform;
let db: Kysely<PlatformTables>;

beforeEach(async () => {
  test = await openTestPlatform();
  db = test.database.db.withTables<PlatformTables>();
});
afterEach(() => test.close());

const alice = callerFor('alice').principal;
const file = (environments: string[], members: { subject: string; role: string }[]): DirectoryFile => ({
  organizations: [
    {
      id: 'org_acme',
      slug: 'acme',
      name: 'Acme',
      environments: environments.map((slug) => ({ slug, name: slug, description: '' })),
      members,
    },
  ],
});

describe('findMembership', () => {
  it('finds the organization of the claim, by slug or id, for a member of it', async () => {
    expect(await findMembership(db, alice)).toEqual({
      id: 'org_acme',
      slug: 'acme',
      name: 'Acme',
      role: 'developer',
    });
    expect(await findMembership(db, { ...alice, organization: 'org_acme' })).toMatchObject({ slug: 'acme' });
  });

  it.each([undefined, 'globex', 'nowhere', ''])(
    'finds none when the token names %j',
    async (organization) => {
      expect(await findMembership(db, { ...alice, organization })).toBeUndefined();
    },
  );
});

describe('syncDirectory', () => {
  it('takes roles away that left the file', async () => {
    await syncDirectory(db, file(['dev'], [{ subject: 'alice', role: 'viewer' }]));
    expect(await findMembership(db, alice)).toMatchObject({ role: 'viewer' });
    expect(await findMembership(db, callerFor('bob').principal)).toBeUndefined();
    expect(await findMembership(db, callerFor('carol').principal)).toBeUndefined();
  });

  it('hides an environment that left the file, keeps what it owns, and shows it again when it is back', async () => {
    const members = [{ subject: 'alice', role: 'developer' }];
    const { resource } = await test.platform.createResource(callerFor('alice'), createInput());

    await syncDirectory(db, file(['prod'], members));
    expect((await findEnvironments(db, 'org_acme')).map(({ slug }) => slug)).toEqual(['prod']);
    expect(await test.platform.searchResources(callerFor('alice'), { org_id: 'acme' })).toEqual([]);

    await syncDirectory(db, file(['prod', 'dev'], members));
    expect((await findEnvironments(db, 'org_acme')).map(({ slug }) => slug)).toEqual(['prod', 'dev']);
    expect(await test.platform.searchResources(callerFor('alice'), { org_id: 'acme' })).toMatchObject([
      { id: resource.id },
    ]);
  });
});
