/** The use case that records a new resource. */
import {
  cloudResourceTools,
  resourceNamePattern,
  type CloudResourceToolInput,
} from '../contracts/cloud-resource-tools.js';
import { ConflictError, InvalidArgumentError, NotFoundError } from '../errors.js';
import type { CallScope } from './call-scope.js';
import { requireEnvironment, requireOrganization, requirePermission } from './call-scope.js';
import { dropIdempotencyKeys, parseIdempotencyKey, takeIdempotencyKey } from './idempotency-keys.js';
import type { ResourceKind } from './kinds/define-kind.js';
import type { UseCase } from './perform-call.js';
import type { PlatformContext } from './platform-context.js';
import { toOwnView } from './read-use-cases.js';
import { findKind } from './resource-kinds.js';
import { simulateFailureTag } from './resource-lifecycle.js';
import { findResource, insertResource, type PlacedResource } from './resource-store.js';
import type { ResourceView } from './resource-view.js';
import { checkValue } from './spec-validation.js';

type CreateInput = CloudResourceToolInput<'create_cloud_resource'>;

/**
 * Records a resource in state `pending`. It creates nothing at a cloud provider. Its name is unique for its kind in
 * its environment, so a repeated call is refused as a conflict and never makes a second one. With an idempotency key a
 * repeated call gives the resource that the first one made.
 */
export const createResource: UseCase<CreateInput, ResourceView> = {
  action: 'create_cloud_resource',
  input: cloudResourceTools.create_cloud_resource,
  writes: true,
  run: async (scope, input, context) => {
    const organization = requireOrganization(scope, input.org_id);
    const environment = await requireEnvironment(scope, organization, input.env_name);
    const kind = findKind(input.cloud_resource_kind, 'cloud_resource_kind');
    scope.trail.kind = kind.kind;
    // Named before the decision, so that a denied call says in the trail what it was for.
    scope.trail.name = input.resource_name.toLowerCase();
    const place = { organization: organization.slug, slug: environment.slug };
    const permission = `create ${kind.kind} in ${place.organization}/${place.slug}`;
    requirePermission(
      scope,
      { action: 'create', target: { type: 'Environment', ...place }, kind: kind.kind },
      permission,
    );
    const name = checkName(input.resource_name);
    const { issuer, subject } = scope.caller.principal;
    const row: PlacedResource = {
      ...toContent(input, kind, context),
      organization_id: organization.id,
      environment_id: environment.id,
      name,
      created_by_issuer: issuer,
      created_by: subject,
      org: organization.slug,
      env: environment.slug,
    };
    const first = await findFirst(scope, row);
    if (first !== undefined) return toOwnView(scope, first, context);
    const { org: _, env: __, ...stored } = row;
    if (!(await insertResource(scope.db, stored))) throw new ConflictError(kind.kind, name);
    scope.trail.resourceId = row.id;
    return toOwnView(scope, row, context);
  },
};

/** Takes the call’s key for the resource; gives the one that an earlier call with the same key made. */
async function findFirst(scope: CallScope, row: PlacedResource): Promise<PlacedResource | undefined> {
  const key = parseIdempotencyKey(scope.idempotencyKey);
  if (key === undefined) return undefined;
  const { kind, organization_id, environment_id, name, description, tags, spec } = row;
  const id = await takeIdempotencyKey(scope.db, {
    key,
    principal: scope.caller.principal,
    content: [kind, organization_id, environment_id, name, description, tags, spec],
    resourceId: row.id,
    at: row.created_at,
  });
  if (id === undefined) return undefined;
  const first = await findResource(scope.db, id, organization_id);
  if (first === undefined) throw new NotFoundError('resource', id);
  Object.assign(scope.trail, { resourceId: id, replayed: true });
  return first;
}

/** Drops the keys that were kept long enough. One that cannot be dropped now is dropped after a later create. */
export async function dropOldKeys({ db, clock, keyKeptMs, logger }: PlatformContext): Promise<void> {
  try {
    await dropIdempotencyKeys(db, new Date(clock.now() - keyKeptMs).toISOString());
  } catch (error) {
    logger.warn('idempotency-keys.not-dropped', { error });
  }
}

function checkName(text: string): string {
  const name = text.toLowerCase();
  if (resourceNamePattern.test(name)) return name;
  const message =
    'A name has 1 to 63 of a-z, 0-9 and "-", begins with a letter and ends with a letter or digit; choose another.';
  throw new InvalidArgumentError([{ path: 'resource_name', message }]);
}

type Content = Pick<
  PlacedResource,
  'id' | 'kind' | 'description' | 'tags' | 'spec' | 'created_at' | 'final_state' | 'sealed' | 'revealed_at'
>;

/** What the caller gave, with the write-only fields sealed apart from the spec. */
function toContent(input: CreateInput, kind: ResourceKind, { newId, clock, seal }: PlatformContext): Content {
  const checked = Object.entries(checkValue(kind.spec, input.spec, 'spec'));
  const secret = checked.filter(([field]) => kind.secretFields.includes(field));
  const open = checked.filter(([field]) => !kind.secretFields.includes(field));
  const id = newId();
  const tags = input.tags ?? [];
  return {
    id,
    kind: kind.kind,
    description: input.description ?? null,
    tags: JSON.stringify(tags),
    spec: JSON.stringify(Object.fromEntries(open)),
    created_at: new Date(clock.now()).toISOString(),
    final_state: tags.includes(simulateFailureTag) ? 'failed' : 'available',
    sealed: secret.length === 0 ? null : seal.seal(id, Object.fromEntries(secret)),
    revealed_at: null,
  };
}
