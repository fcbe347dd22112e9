import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  callerFor,
  createInput,
  openTestPlatform,
  rdsSpec,
  type TestPlatform,
} from '../support/test-platform.js';

let test: TestPlatform;

beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

const create = (changes: Record<string, unknown>) =>
  test.platform.createResource(callerFor('alice'), createInput(changes));

describe('createResource', () => {
  it.each(['AwsRdsInstance', 'aws_rds_instance', 'aws-rds-instance', 'Aws Rds Instance'])(
    'takes the kind spelt %j',
    async (spelling) => {
      expect((await create({ cloud_resource_kind: spelling })).resource.cloud_resource_kind).toBe(
        'AwsRdsInstance',
      );
    },
  );

  it.each([
    [
      'a kind with a typo',
      { cloud_resource_kind: 'AwsRdsInstanse' },
      'cloud_resource_kind',
      /Did you mean AwsRdsInstance/,
    ],
    [
      'a name that begins with a digit',
      { resource_name: '1orders' },
      'resource_name',
      /begins with a letter/,
    ],
    [
      'a name that ends with a hyphen',
      { resource_name: 'orders-' },
      'resource_name',
      /ends with a letter or digit/,
    ],
    ['a name with a line end', { resource_name: 'orders\n' }, 'resource_name', /1 to 63/],
    ['a name that is too long', { resource_name: 'a'.repeat(64) }, 'resource_name', /At most 63/],
    ['a missing spec', { spec: undefined }, 'spec', /required/],
    [
      'a class that is none',
      { spec: { ...rdsSpec, instance_class: 't3.large' } },
      'spec.instance_class',
      /begins with "db\."/,
    ],
    ['a description that is too long', { description: 'x'.repeat(1001) }, 'description', /At most 1000/],
    ['too many tags', { tags: Array.from({ length: 51 }, () => 'x') }, 'tags', /At most 50/],
  ])('refuses %s, naming the field, the bound and the next step', async (_, changes, path, message) => {
    await expect(create(changes)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      issues: [{ path, message: expect.stringMatching(message) as string }],
    });
    expect((await test.audit()).at(-1)).toMatchObject({
      decision: 'failed',
      outcome: 'ERR_INVALID_ARGUMENT',
    });
  });

  it('names an environment that does not exist', async () => {
    await expect(create({ env_name: 'qa' })).rejects.toMatchObject({
      code: 'ERR_NOT_FOUND',
      kind: 'environment',
      id: 'qa',
    });
  });

  it('names the missing permission, before it looks at the spec', async () => {
    const call = test.platform.createResource(callerFor('bob'), createInput({ spec: {} }));
    await expect(call).rejects.toMatchObject({ permission: 'create AwsRdsInstance in acme/dev' });
  });

  it('names a taken name', async () => {
    await create({});
    await expect(create({ resource_name: 'ORDERS' })).rejects.toMatchObject({
      kind: 'AwsRdsInstance',
      id: 'orders',
    });
  });

  it('leaves the place, kind, name and id in the trail', async () => {
    const { resource } = await create({});
    expect((await test.audit())[0]).toMatchObject({
      seq: 1,
      request_id: 'request-of-alice',
      issuer: 'http://localhost/test',
      subject: 'alice',
      token_id: 'token-of-alice',
      client_id: 'test-client',
      organization: 'acme',
      environment: 'dev',
      kind: 'AwsRdsInstance',
      name: 'orders',
      resource_id: resource.id,
      decision: 'allowed',
      reason: 'developers-create-outside-production',
      outcome: 'ok',
    });
  });
});
