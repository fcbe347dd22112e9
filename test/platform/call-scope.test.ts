import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadAccessPolicy } from '../../src/platform/access-policy.js';
import {
  createScope,
  createTrail,
  requireEnvironment,
  requireOrganization,
  requirePermission,
  type CallScope,
} from '../../src/platform/call-scope.js';
import type { PlatformTables } from '../../src/platform/platform-tables.js';
import { callerFor, openTestPlatform, policiesFolder, type TestPlatform } from '../support/test-platform.js';

const membership = { id: 'org_acme', slug: 'acme', name: 'Acme', role: 'viewer' };
const policy = loadAccessPolicy(policiesFolder);
let test: TestPlatform;
let scope: CallScope;

beforeEach(async () => {
  test = await openTestPlatform();
  const db = test.database.db.withTables<PlatformTables>();
  scope = createScope({ caller: callerFor('bob'), membership, db, trail: createTrail(membership), policy });
});
afterEach(() => test.close());

describe('requireOrganization', () => {
  it('notes another organization as denied, and answers that there is none', () => {
    expect(() => requireOrganization(scope, 'globex')).toThrow(
      expect.objectContaining({ code: 'ERR_NOT_FOUND' }),
    );
    expect(scope.trail).toMatchObject({ organization: 'globex', hidden: true, reason: 'not-a-member' });
  });

  it('notes the slug, also when the id was asked for', () => {
    expect(requireOrganization(scope, 'org_acme')).toBe(membership);
    expect(scope.trail).toMatchObject({ organization: 'acme', hidden: false, reason: 'members-read' });
  });
});

describe('requireEnvironment', () => {
  it('finds by slug, and answers that there is none for another', async () => {
    expect(await requireEnvironment(scope, membership, 'prod')).toMatchObject({ slug: 'prod' });
    await expect(requireEnvironment(scope, membership, 'qa')).rejects.toMatchObject({
      kind: 'environment',
      id: 'qa',
    });
    expect(scope.trail).toMatchObject({ environment: 'qa', hidden: true, reason: 'no-such-environment' });
  });
});

describe('requirePermission', () => {
  it('names the permission that is missing', () => {
    const target = { type: 'Environment', organization: 'acme', slug: 'dev' } as const;
    expect(() =>
      requirePermission(scope, { action: 'create', kind: 'AwsVpc', target }, 'create AwsVpc in acme/dev'),
    ).toThrow('You may not create AwsVpc in acme/dev; ask an administrator of the organization for it.');
    expect(scope.trail.reason).toBe('no-policy-permits-it');
  });
});
