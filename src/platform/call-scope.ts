/** One call while it runs: who makes it, what the policies said, and what the audit trail will say. */
import type { Kysely } from 'kysely';
import { NotFoundError, PermissionDeniedError } from '../errors.js';
import type { AccessPolicy } from './access-policy.js';
import type { AccessRequest } from './access-request.js';
import type { Caller } from './caller.js';
import { findEnvironments, type Environment, type Membership } from './directory.js';
import type { PlatformTables } from './platform-tables.js';

/** What becomes known during a call, for its audit record. */
export interface Trail {
  organization: string | null;
  environment: string | null;
  kind: string | null;
  name: string | null;
  resourceId: string | null;
  /** Why it was allowed or denied: ids of policies, or a word of ours. */
  reason: string;
  /** The answer was "not found" because the caller may not see the thing. */
  hidden: boolean;
  /** Nothing was made: an earlier call with the same key had made it. */
  replayed: boolean;
}

/** A call in progress. */
export interface CallScope {
  readonly caller: Caller;
  /** The key that the call came with, as it came; undefined when there is none. */
  readonly idempotencyKey?: unknown;
  /** The organization that the caller acts for. */
  readonly membership: Membership | undefined;
  /** Reads and writes; for a writing call, inside its transaction. */
  readonly db: Kysely<PlatformTables>;
  readonly trail: Trail;
  /** Asks the policies and notes what decided. */
  may(question: Omit<AccessRequest, 'subject'>): boolean;
}

/** Starts the trail of a call. */
export function createTrail(membership: Membership | undefined): Trail {
  const place = { organization: membership?.slug ?? null, environment: null, kind: null, name: null };
  return { ...place, resourceId: null, reason: '', hidden: false, replayed: false };
}

/** What a scope is made from. */
export type ScopeParts = Pick<CallScope, 'caller' | 'idempotencyKey' | 'membership' | 'db' | 'trail'> & {
  readonly policy: AccessPolicy;
};

/** Puts a scope together. */
export function createScope({ policy, ...parts }: ScopeParts): CallScope {
  const subject = { principal: parts.caller.principal, membership: parts.membership };
  const may = (question: Omit<AccessRequest, 'subject'>): boolean => {
    const { allowed, reason } = policy.decide({ ...question, subject });
    parts.trail.reason = reason;
    return allowed;
  };
  return { ...parts, may };
}

/**
 * Finds an organization by id or slug, if it is the caller's own.
 *
 * @throws {@link NotFoundError} for another one as for one that does not exist.
 */
export function requireOrganization(scope: CallScope, idOrSlug: string): Membership {
  const { membership, trail } = scope;
  trail.organization = idOrSlug;
  if (membership === undefined || (idOrSlug !== membership.slug && idOrSlug !== membership.id)) {
    return hide(scope, 'not-a-member', new NotFoundError('organization', idOrSlug));
  }
  trail.organization = membership.slug;
  if (scope.may({ action: 'read', target: { type: 'Organization', slug: membership.slug } }))
    return membership;
  return hide(scope, trail.reason, new NotFoundError('organization', idOrSlug));
}

/** Lists the environments of an organization that the caller may see. */
export async function visibleEnvironments(
  scope: CallScope,
  organization: Membership,
): Promise<Environment[]> {
  const environments = await findEnvironments(scope.db, organization.id);
  return environments.filter(({ slug }) =>
    scope.may({ action: 'read', target: { type: 'Environment', organization: organization.slug, slug } }),
  );
}

/**
 * Finds an environment that the caller may see, by its slug.
 *
 * @throws {@link NotFoundError} for a hidden one as for one that does not exist.
 */
export async function requireEnvironment(
  scope: CallScope,
  organization: Membership,
  slug: string,
): Promise<Environment> {
  scope.trail.environment = slug;
  const found = (await visibleEnvironments(scope, organization)).find((each) => each.slug === slug);
  if (found !== undefined) return found;
  return hide(scope, 'no-such-environment', new NotFoundError('environment', slug));
}

/** Ends the call with an answer that does not tell "not yours" from "not there"; the trail tells the reason. */
export function hide(scope: CallScope, reason: string, error: NotFoundError): never {
  scope.trail.reason = reason;
  scope.trail.hidden = true;
  throw error;
}

/** Ends the call unless the policies permit it. @throws {@link PermissionDeniedError} naming the permission. */
export function requirePermission(
  scope: CallScope,
  question: Omit<AccessRequest, 'subject'>,
  permission: string,
): void {
  if (!scope.may(question)) throw new PermissionDeniedError(permission);
}
