/** Resources in the database. */
import { sql, type Kysely, type SelectQueryBuilder } from 'kysely';
import type { PlatformTables, ResourceRow } from './platform-tables.js';

/** A row together with the slugs of its place. */
export interface PlacedResource extends ResourceRow {
  readonly org: string;
  readonly env: string;
}

/** Which resources to find. */
export interface ResourceFilter {
  readonly organizationId: string;
  readonly environmentIds: readonly string[];
  /** Only these kinds; every kind when left out. */
  readonly kinds?: readonly string[] | undefined;
  /** Part of a name; case does not matter. */
  readonly text?: string | undefined;
  readonly limit: number;
}

/** Adds a resource. @returns false, and adds nothing, when its name is taken for its kind in its environment. */
export async function insertResource(db: Kysely<PlatformTables>, row: ResourceRow): Promise<boolean> {
  const result = await db
    .insertInto('resources')
    .values(row)
    .onConflict((conflict) => conflict.columns(['environment_id', 'kind', 'name']).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Finds one resource of an organization. */
export async function findResource(
  db: Kysely<PlatformTables>,
  id: string,
  organizationId: string,
): Promise<PlacedResource | undefined> {
  return placedResources(db)
    .where('resources.id', '=', id)
    .where('resources.organization_id', '=', organizationId)
    .executeTakeFirst();
}

/** Finds the resources that match, newest first. */
export async function findResources(
  db: Kysely<PlatformTables>,
  filter: ResourceFilter,
): Promise<PlacedResource[]> {
  const { organizationId, environmentIds, kinds, text, limit } = filter;
  if (environmentIds.length === 0 || kinds?.length === 0) return [];
  let query = placedResources(db)
    .where('resources.organization_id', '=', organizationId)
    .where('resources.environment_id', 'in', environmentIds);
  if (kinds !== undefined) query = query.where('resources.kind', 'in', kinds);
  if (text !== undefined && text !== '') {
    const pattern = `%${text.toLowerCase().replace(/[!%_]/g, '!$&')}%`;
    query = query.where(sql<boolean>`resources.name like ${pattern} escape '!'`);
  }
  return query.orderBy('resources.created_at', 'desc').orderBy('resources.id').limit(limit).execute();
}

/**
 * Takes the sealed fields out of a resource, once.
 *
 * @returns undefined when another call was first.
 */
export async function takeSealed(
  db: Kysely<PlatformTables>,
  resource: ResourceRow,
  revealedAt: string,
): Promise<string | undefined> {
  const result = await db
    .updateTable('resources')
    .set({ sealed: null, revealed_at: revealedAt })
    .where('id', '=', resource.id)
    .where('sealed', 'is not', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n ? (resource.sealed ?? undefined) : undefined;
}

function placedResources(
  db: Kysely<PlatformTables>,
): SelectQueryBuilder<PlatformTables, 'resources' | 'organizations' | 'environments', PlacedResource> {
  return db
    .selectFrom('resources')
    .innerJoin('organizations', 'organizations.id', 'resources.organization_id')
    .innerJoin('environments', 'environments.id', 'resources.environment_id')
    .selectAll('resources')
    .select(['organizations.slug as org', 'environments.slug as env']);
}
