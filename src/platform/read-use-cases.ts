/** The use cases that only read. */
import {
  cloudResourceTools,
  type CloudResource,
  type CloudResourceToolInput,
} from '../contracts/cloud-resource-tools.js';
import { NotFoundError } from '../errors.js';
import { hide, requireOrganization, visibleEnvironments, type CallScope } from './call-scope.js';
import type { Environment, Membership } from './directory.js';
import type { UseCase } from './perform-call.js';
import type { PlatformContext } from './platform-context.js';
import { findKind, resourceKinds } from './resource-kinds.js';
import { findResource, findResources, type PlacedResource } from './resource-store.js';
import { toResourceView, withoutSpec, type ResourceView } from './resource-view.js';

/** An organization as it is listed. */
export interface OrganizationView {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
}

/** A kind as it is listed. */
export interface KindView {
  readonly kind: string;
  readonly provider: string;
  readonly description: string;
}

/** A kind with its schema. */
export interface KindSchemaView {
  readonly kind: string;
  readonly description: string;
  /** JSON Schema 2020-12 of the spec. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** Most resources that one search gives. */
export const searchLimit = 200;

/** Lists the organizations that the caller acts for. */
export const listOrganizations: UseCase<object, OrganizationView[]> = {
  action: 'list_organizations',
  input: cloudResourceTools.list_organizations,
  writes: false,
  run: async (scope) => {
    const { membership } = scope;
    const isVisible =
      membership !== undefined &&
      scope.may({ action: 'read', target: { type: 'Organization', slug: membership.slug } });
    return isVisible ? [{ id: membership.id, slug: membership.slug, name: membership.name }] : [];
  },
};

/** Lists the environments of an organization, in the directory's order. */
export const listEnvironments: UseCase<CloudResourceToolInput<'list_environments_for_org'>, Environment[]> = {
  action: 'list_environments_for_org',
  input: cloudResourceTools.list_environments_for_org,
  writes: false,
  run: async (scope, { org_id }) => visibleEnvironments(scope, requireOrganization(scope, org_id)),
};

/** Lists the kinds, by name. */
export const listResourceKinds: UseCase<object, KindView[]> = {
  action: 'list_cloud_resource_kinds',
  input: cloudResourceTools.list_cloud_resource_kinds,
  writes: false,
  run: async () => resourceKinds.map(({ kind, provider, description }) => ({ kind, provider, description })),
};

/** Tells what the spec of a kind looks like. */
export const getResourceSchema: UseCase<
  CloudResourceToolInput<'get_cloud_resource_schema'>,
  KindSchemaView
> = {
  action: 'get_cloud_resource_schema',
  input: cloudResourceTools.get_cloud_resource_schema,
  writes: false,
  run: async (scope, { cloud_resource_kind }) => {
    const { kind, description, schema } = findKind(cloud_resource_kind, 'cloud_resource_kind');
    scope.trail.kind = kind;
    return { kind, description, schema };
  },
};

/** Reads one resource of the caller's organization. */
export const getResource: UseCase<CloudResourceToolInput<'get_cloud_resource_by_id'>, ResourceView> = {
  action: 'get_cloud_resource_by_id',
  input: cloudResourceTools.get_cloud_resource_by_id,
  writes: false,
  run: async (scope, { resource_id }, context) =>
    toOwnView(scope, await requireResource(scope, resource_id), context),
};

/** Finds resources of an organization, newest first, at most {@link searchLimit}, without their specs. */
export const searchResources: UseCase<CloudResourceToolInput<'search_cloud_resources'>, CloudResource[]> = {
  action: 'search_cloud_resources',
  input: cloudResourceTools.search_cloud_resources,
  writes: false,
  run: async (scope, filter, { clock, lifecycle }) => {
    const organization = requireOrganization(scope, filter.org_id);
    const environments = await selectEnvironments(scope, organization, filter.env_names);
    const rows = await findResources(scope.db, {
      organizationId: organization.id,
      environmentIds: environments.map(({ id }) => id),
      kinds: filter.cloud_resource_kinds?.map(
        (name, index) => findKind(name, `cloud_resource_kinds.${String(index)}`).kind,
      ),
      text: filter.search_text,
      limit: searchLimit,
    });
    const visible = rows.filter((row) => mayRead(scope, row));
    return visible.map((row) => withoutSpec(toResourceView(row, clock.now(), lifecycle)));
  },
};

/**
 * Finds a resource that the caller may see and notes it in the trail.
 *
 * @throws {@link NotFoundError} for a hidden one as for one that does not exist.
 */
export async function requireResource(scope: CallScope, id: string): Promise<PlacedResource> {
  const { membership, trail } = scope;
  trail.resourceId = id;
  const row = membership === undefined ? undefined : await findResource(scope.db, id, membership.id);
  if (row === undefined || !mayRead(scope, row))
    return hide(scope, 'not-visible', new NotFoundError('resource', id));
  Object.assign(trail, { environment: row.env, kind: row.kind, name: row.name });
  return row;
}

/** Shows a resource to the caller; only its creator is told of credentials. */
export function toOwnView(scope: CallScope, row: PlacedResource, context: PlatformContext): ResourceView {
  const { issuer, subject } = scope.caller.principal;
  const view = toResourceView(row, context.clock.now(), context.lifecycle);
  return {
    ...view,
    hasCredentials: view.hasCredentials && row.created_by === subject && row.created_by_issuer === issuer,
  };
}

async function selectEnvironments(
  scope: CallScope,
  organization: Membership,
  names: readonly string[] | undefined,
): Promise<Environment[]> {
  const visible = await visibleEnvironments(scope, organization);
  if (names === undefined) return visible;
  const unknown = names.find((name) => visible.every(({ slug }) => slug !== name));
  if (unknown !== undefined)
    return hide(scope, 'no-such-environment', new NotFoundError('environment', unknown));
  return visible.filter(({ slug }) => names.includes(slug));
}

function mayRead(scope: CallScope, row: PlacedResource): boolean {
  return scope.may({ action: 'read', target: toTarget(row) });
}

/** A resource as the policies know it. */
export function toTarget(row: PlacedResource): {
  type: 'Resource';
  id: string;
  organization: string;
  environment: string;
  kind: string;
  creator: { issuer: string; subject: string };
} {
  const creator = { issuer: row.created_by_issuer, subject: row.created_by };
  return {
    type: 'Resource',
    id: row.id,
    organization: row.org,
    environment: row.env,
    kind: row.kind,
    creator,
  };
}
