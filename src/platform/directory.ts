/** Organizations, environments and memberships, as the database holds them. */
import type { Kysely } from 'kysely';
import type { Principal } from '../auth/principal.js';
import type { DirectoryFile } from './directory-file.js';
import type { PlatformTables } from './platform-tables.js';

/** The one organization that a principal acts for, and the role held there. */
export interface Membership {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly role: string;
}

/** An environment of an organization. */
export interface Environment {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly description: string;
}

/**
 * Makes the tables say what the directory file says. An organization or environment that left the file is hidden,
 * not deleted: what it owns is kept.
 */
export async function syncDirectory(db: Kysely<PlatformTables>, file: DirectoryFile): Promise<void> {
  try {
    await writeDirectory(db, file);
  } catch (error) {
    // Of two platforms that start together on an empty database one meets the rows of the other, which stand now.
    if (!isDuplicate(error)) throw error;
    await writeDirectory(db, file);
  }
}

/** @see PostgreSQL, appendix A: unique_violation */
function isDuplicate(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505';
}

async function writeDirectory(db: Kysely<PlatformTables>, file: DirectoryFile): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await transaction.updateTable('organizations').set({ active: 0 }).execute();
    await transaction.updateTable('environments').set({ active: 0 }).execute();
    await transaction.deleteFrom('memberships').execute();
    for (const organization of file.organizations) await writeOrganization(transaction, organization);
  });
}

/** Finds the organization of claim `org`, if the principal is a member of it. */
export async function findMembership(
  db: Kysely<PlatformTables>,
  principal: Principal,
): Promise<Membership | undefined> {
  const { organization, subject } = principal;
  if (organization === undefined) return undefined;
  return db
    .selectFrom('memberships')
    .innerJoin('organizations', 'organizations.id', 'memberships.organization_id')
    .where('memberships.subject', '=', subject)
    .where('organizations.active', '=', 1)
    .where((where) =>
      where.or([
        where('organizations.slug', '=', organization),
        where('organizations.id', '=', organization),
      ]),
    )
    .select(['organizations.id', 'organizations.slug', 'organizations.name', 'memberships.role'])
    .executeTakeFirst();
}

/** Lists an organization's environments, in the directory's order. */
export async function findEnvironments(
  db: Kysely<PlatformTables>,
  organizationId: string,
): Promise<Environment[]> {
  return db
    .selectFrom('environments')
    .where('organization_id', '=', organizationId)
    .where('active', '=', 1)
    .orderBy('position')
    .select(['id', 'slug', 'name', 'description'])
    .execute();
}

async function writeOrganization(
  db: Kysely<PlatformTables>,
  organization: DirectoryFile['organizations'][number],
): Promise<void> {
  const { id, slug, name, environments, members } = organization;
  await db
    .insertInto('organizations')
    .values({ id, slug, name, active: 1 })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ slug, name, active: 1 }))
    .execute();
  for (const [position, environment] of environments.entries()) {
    const content = { ...environment, position, active: 1 };
    await db
      .insertInto('environments')
      .values({ id: `${id.replace(/^org_/, 'env_')}_${environment.slug}`, organization_id: id, ...content })
      .onConflict((conflict) => conflict.columns(['organization_id', 'slug']).doUpdateSet(content))
      .execute();
  }
  for (const { subject, role } of members) {
    await db
      .insertInto('memberships')
      .values({ subject, role, organization_id: id })
      // Another process may write the same directory at the same time.
      .onConflict((conflict) => conflict.columns(['subject', 'organization_id']).doUpdateSet({ role }))
      .execute();
  }
}
