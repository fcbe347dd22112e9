/** What is asked of the policies, and how Cedar is told it. */
import type { Context, EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs';
import { principalKey, type Principal } from '../auth/principal.js';

/** Who asks: the principal with the organization and role that the directory gives. */
export interface AccessSubject {
  readonly principal: Principal;
  readonly membership: { readonly slug: string; readonly role: string } | undefined;
}

/** The thing that is asked for. */
export type AccessTarget =
  | { readonly type: 'Tool'; readonly name: string }
  | { readonly type: 'Organization'; readonly slug: string }
  | { readonly type: 'Environment'; readonly organization: string; readonly slug: string }
  | {
      readonly type: 'Resource';
      readonly id: string;
      readonly organization: string;
      readonly environment: string;
      readonly kind: string;
      readonly creator: Pick<Principal, 'issuer' | 'subject'>;
    };

/** One question to the policies. */
export interface AccessRequest {
  readonly subject: AccessSubject;
  readonly action: 'use' | 'read' | 'create' | 'reveal';
  readonly target: AccessTarget;
  /** For `create`: the kind of the new resource. */
  readonly kind?: string;
}

type Entity = EntityJson & { uid: TypeAndId };

interface CedarRequest {
  principal: TypeAndId;
  action: TypeAndId;
  resource: TypeAndId;
  context: Context;
  entities: EntityJson[];
}

/** Turns a question into Cedar's request with the entities it speaks of, and no others. */
export function toCedarRequest(request: AccessRequest): CedarRequest {
  const user = toUser(request.subject);
  const target = toEntity(request.target);
  return {
    principal: user.uid,
    action: { type: 'Action', id: request.action },
    resource: target.uid,
    context: request.kind === undefined ? {} : { kind: request.kind },
    entities: [user, target],
  };
}

function toUser({ principal, membership }: AccessSubject): Entity {
  // No organization has the empty name, so whoever is a member of none matches none.
  const attributes = { organization: reference('Organization', membership?.slug ?? '') };
  const user = entity({ type: 'User', id: principalKey(principal) }, attributes);
  return membership === undefined ? user : { ...user, parents: [{ type: 'Role', id: membership.role }] };
}

function toEntity(target: AccessTarget): Entity {
  switch (target.type) {
    case 'Tool':
      return entity({ type: 'Tool', id: target.name }, {});
    case 'Organization':
      return entity({ type: 'Organization', id: target.slug }, {});
    case 'Environment':
      return entity(
        { type: 'Environment', id: `${target.organization}/${target.slug}` },
        { organization: reference('Organization', target.organization), name: target.slug },
      );
    case 'Resource':
      return entity(
        { type: 'Resource', id: target.id },
        {
          organization: reference('Organization', target.organization),
          environment: target.environment,
          kind: target.kind,
          creator: reference('User', principalKey(target.creator)),
        },
      );
  }
}

function entity(uid: TypeAndId, attrs: EntityJson['attrs']): Entity {
  return { uid, attrs, parents: [] };
}

function reference(type: string, id: string): { __entity: TypeAndId } {
  return { __entity: { type, id } };
}
