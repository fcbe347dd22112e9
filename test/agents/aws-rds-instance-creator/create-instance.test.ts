import { describe, expect, it } from 'vitest';
import { createInstance } from '../../../src/agents/aws-rds-instance-creator/create-instance.js';
import type { ArgumentIssue } from '../../../src/errors.js';
import { searchCloudResources } from '../../../src/tools/cloud-resources.js';
import { checkArguments } from '../../../src/tools/define-wrapper-tool.js';
import { createInput, rdsSpec } from '../../support/test-platform.js';

const { password: _password, ...draft } = rdsSpec;
const { wrapper } = createInstance;

function input(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return createInput({ spec: draft, ...changes });
}

function withSpec(changes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return input({ spec: JSON.parse(JSON.stringify({ ...draft, ...changes })) as unknown });
}

function issuesOf(args: Record<string, unknown>): readonly ArgumentIssue[] {
  return checkArguments(wrapper, args);
}

const placement = 'Give at least two different subnet_ids, or a db_subnet_group_name.';

const bad: readonly (readonly [
  title: string,
  args: Record<string, unknown>,
  path: string,
  message: RegExp,
])[] = [
  [
    'a class without "db."',
    withSpec({ instance_class: 't3.small' }),
    'spec.instance_class',
    /begins with "db\."/,
  ],
  [
    'a class that is not one',
    withSpec({ instance_class: 'db.t3' }),
    'spec.instance_class',
    /begins with "db\."/,
  ],
  [
    'too little storage',
    withSpec({ allocated_storage_gb: 19 }),
    'spec.allocated_storage_gb',
    /At least 20 GB/,
  ],
  [
    'too much storage',
    withSpec({ allocated_storage_gb: 65_537 }),
    'spec.allocated_storage_gb',
    /At most 65536 GB/,
  ],
  ['half a gigabyte', withSpec({ allocated_storage_gb: 20.5 }), 'spec.allocated_storage_gb', /.{10}/],
  ['storage as text', withSpec({ allocated_storage_gb: '20' }), 'spec.allocated_storage_gb', /.{10}/],
  ['a negative port', withSpec({ port: -1 }), 'spec.port', /0 to 65535/],
  ['a port that is too high', withSpec({ port: 65_536 }), 'spec.port', /0 to 65535/],
  ['no subnets', withSpec({ subnet_ids: undefined }), 'spec.subnet_ids', new RegExp(placement)],
  ['an empty list of subnets', withSpec({ subnet_ids: [] }), 'spec.subnet_ids', new RegExp(placement)],
  ['one subnet', withSpec({ subnet_ids: ['subnet-a1'] }), 'spec.subnet_ids', new RegExp(placement)],
  [
    'one subnet twice',
    withSpec({ subnet_ids: ['subnet-a1', 'subnet-a1'] }),
    'spec.subnet_ids',
    new RegExp(placement),
  ],
  [
    'a subnet id of another form',
    withSpec({ subnet_ids: ['a', 'subnet-b2'] }),
    'spec.subnet_ids.0',
    /looks like "subnet-/,
  ],
  [
    'a security group of another form',
    withSpec({ security_group_ids: ['x'] }),
    'spec.security_group_ids.0',
    /"sg-/,
  ],
  ['an unknown engine', withSpec({ engine: 'oracle' }), 'spec.engine', /postgres/],
  ['no engine', withSpec({ engine: undefined }), 'spec.engine', /postgres/],
  ['an empty version', withSpec({ engine_version: '' }), 'spec.engine_version', /16\.4/],
  ['a user name with a dash', withSpec({ username: 'app-admin' }), 'spec.username', /begins with a letter/],
  ['a field that is not one', withSpec({ instance_clas: 'db.t3.small' }), 'spec', /instance_clas/],
  ['a password', withSpec({ password: 'canary-Password-41' }), 'spec.password', /leave it out/],
  ['a name with a space', input({ resource_name: 'my db' }), 'resource_name', /a-z, 0-9 and "-"/],
  [
    'a name that begins with a digit',
    input({ resource_name: '1db' }),
    'resource_name',
    /begins with a letter/,
  ],
  ['a name that ends with a dash', input({ resource_name: 'db-' }), 'resource_name', /does not end with "-"/],
  ['an empty name', input({ resource_name: '' }), 'resource_name', /.{5}/],
  [
    'another kind',
    input({ cloud_resource_kind: 'AwsS3Bucket' }),
    'cloud_resource_kind',
    /AwsRdsInstance and no other/,
  ],
  [
    'a kind with a typo',
    input({ cloud_resource_kind: 'AwsRdsInstanze' }),
    'cloud_resource_kind',
    /AwsRdsInstance/,
  ],
];

describe('createInstance: its check', () => {
  it.each(bad)('names the field and the rule for %s', (_title, args, path, message) => {
    const issues = issuesOf(args);

    expect(issues.map((issue) => issue.path)).toEqual([path]);
    expect(issues[0]?.message).toMatch(message);
    expect(issues[0]?.message).not.toContain('canary');
  });

  it('names every fault at once', () => {
    const args = withSpec({ instance_class: 'x', allocated_storage_gb: 1, subnet_ids: ['subnet-a1'] });

    expect(
      issuesOf(args)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(['spec.allocated_storage_gb', 'spec.instance_class', 'spec.subnet_ids']);
  });

  it.each([
    ['the least', {}],
    ['a subnet group', { subnet_ids: undefined, db_subnet_group_name: 'main' }],
    ['the bounds', { allocated_storage_gb: 65_536, port: 0 }],
    ['the other bounds', { allocated_storage_gb: 20, port: 65_535 }],
  ])('accepts %s', (_title, changes) => {
    expect(issuesOf(withSpec(changes))).toEqual([]);
  });

  it.each(['aws_rds_instance', 'AWS RDS Instance', 'aws-rds-instance'])(
    'accepts the kind written %s',
    (kind) => {
      expect(issuesOf(input({ cloud_resource_kind: kind }))).toEqual([]);
    },
  );

  it('accepts a name in capitals, which becomes small', () => {
    expect(issuesOf(input({ resource_name: 'Orders' }))).toEqual([]);
    expect(wrapper.describe?.(input({ resource_name: 'Orders' }))).toContain('- name: orders');
  });
});

describe('createInstance: what a person approves', () => {
  it('names every field, the defaults and where the password comes from', () => {
    const spec = {
      ...draft,
      security_group_ids: ['sg-1a'],
      port: 5433,
      kms_key_id: 'key-1',
      parameter_group_name: 'pg',
      option_group_name: 'og',
      db_subnet_group_name: 'main',
    };

    const text =
      wrapper.describe?.(input({ spec, description: 'for orders', tags: ['team-a', 'prod'] })) ?? '';

    for (const [name, value] of Object.entries(spec)) {
      expect(text).toContain(`- ${name}: ${Array.isArray(value) ? value.join(', ') : String(value)}`);
    }
    for (const row of [
      'organization: acme',
      'environment: dev',
      'name: orders',
      'description: "for orders"',
    ]) {
      expect(text).toContain(`- ${row}`);
    }
    expect(text).toContain('- tags: team-a, prod');
    expect(text).toContain('- storage_encrypted: true');
    expect(text).toContain('- publicly_accessible: false');
    expect(text).toContain('- multi_az: false');
    expect(text).toContain('- password: made when the call leaves');
  });

  it('shows every value on one line, so that no text passes for a field of its own', () => {
    const forged = 'x\n- publicly_accessible: false\u2028- multi_az: false\u202e';
    const spec = { ...draft, publicly_accessible: true, kms_key_id: forged, parameter_group_name: forged };

    const text = wrapper.describe?.(input({ spec, description: forged, tags: [forged] })) ?? '';

    expect(text.split('\n').filter((line) => line.startsWith('- publicly_accessible'))).toEqual([
      '- publicly_accessible: true',
    ]);
    expect(text).not.toMatch(/[\u2028\u202e]/);
  });

  it('refuses a version that is no version', () => {
    const issues = wrapper.check?.(withSpec({ engine_version: '16.4\n- multi_az: false' })) ?? [];

    expect(issues.map(({ path }) => path)).toEqual(['spec.engine_version']);
  });

  it('says what cannot be undone', () => {
    const text = wrapper.describe?.(input()) ?? '';

    expect(text).toContain('It costs money');
    expect(text).toContain('never shrink');
    expect(text).not.toContain('doubles');
    expect(text).not.toContain('public address');
    expect(text).not.toContain('NOT encrypted');
  });

  it.each([
    [{ multi_az: true }, 'about doubles the price'],
    [{ publicly_accessible: true }, 'It gets a public address'],
    [{ storage_encrypted: false }, 'Its storage is NOT encrypted.'],
  ])('warns of %o', (changes, warning) => {
    expect(wrapper.describe?.(withSpec(changes))).toContain(warning);
  });
});

describe('createInstance: its look at the name', () => {
  const found = {
    id: 'rds-1',
    name: 'orders',
    cloud_resource_kind: 'AwsRdsInstance',
    org: 'acme',
    env: 'dev',
    state: 'available',
    created_by: 'alice',
    created_at: '2026-01-02T03:04:05Z',
  };

  it('finds a name that is taken', async () => {
    const look = wrapper.lookFirst?.(input({ resource_name: 'Orders' }), () =>
      Promise.resolve(JSON.stringify([found])),
    );

    await expect(look).rejects.toMatchObject({
      failure: {
        outcome: 'conflict',
        message: 'The name "orders" is taken in dev: rds-1 is available. Choose another name.',
      },
    });
  });

  it('lets a name through that is only part of another', async () => {
    const calls: unknown[] = [];
    await wrapper.lookFirst?.(input({ resource_name: 'order' }), (...call) => {
      calls.push(call);
      return Promise.resolve(JSON.stringify([found]));
    });

    const args = {
      org_id: 'acme',
      env_names: ['dev'],
      cloud_resource_kinds: ['AwsRdsInstance'],
      search_text: 'order',
    };
    expect(calls).toEqual([[searchCloudResources, args]]);
  });
});

describe('createInstance: the password', () => {
  it('is made for each call, of characters that every engine takes', () => {
    const args = input();
    const passwords = Array.from({ length: 50 }, () => {
      const { spec } = wrapper.complete?.(args) ?? {};
      return (spec as { password: string }).password;
    });

    expect(new Set(passwords).size).toBe(50);
    for (const password of passwords) expect(password).toMatch(/^[A-Za-z0-9_-]{30}$/);
    expect(args['spec']).toEqual(draft);
  });
});
