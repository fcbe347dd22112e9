import { fromJsonSchema } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { findKind, resourceKinds, secretFields } from '../../src/platform/resource-kinds.js';
import { rdsSpec } from '../support/test-platform.js';

const names = resourceKinds.map(({ kind }) => kind);
const check = (schema: unknown, value: unknown) =>
  fromJsonSchema(schema as Parameters<typeof fromJsonSchema>[0])['~standard'].validate(value);

describe('resourceKinds', () => {
  it('holds at least eight kinds of at least four providers, in order', () => {
    expect(names.length).toBeGreaterThanOrEqual(8);
    expect(new Set(resourceKinds.map(({ provider }) => provider)).size).toBeGreaterThanOrEqual(4);
    expect([...names].sort()).toEqual(names);
  });

  it.each(resourceKinds.map((kind) => [kind.kind, kind] as const))(
    '%s has a schema with a description for most fields',
    async (_, kind) => {
      const properties = kind.schema['properties'] as Record<
        string,
        { description?: string; writeOnly?: boolean }
      >;
      const fields = Object.entries(properties);
      expect(fields.filter(([, { description }]) => description !== undefined).length).toBeGreaterThan(
        fields.length * 0.8,
      );
      expect(fields.filter(([, { writeOnly }]) => writeOnly).map(([name]) => name)).toEqual(
        kind.secretFields,
      );
      expect(kind.schema['additionalProperties']).toBe(false);
      expect(await check(kind.schema, {})).toHaveProperty('issues');
    },
  );

  it('knows the name of every field that is never given back', () => {
    expect([...secretFields].sort()).toEqual(['administrator_password', 'password', 'root_password']);
  });

  it.each([
    ['two subnets', rdsSpec, true],
    ['a subnet group', { ...rdsSpec, subnet_ids: undefined, db_subnet_group_name: 'main' }, true],
    ['one subnet', { ...rdsSpec, subnet_ids: ['subnet-a1'] }, false],
    ['the same subnet twice', { ...rdsSpec, subnet_ids: ['subnet-a1', 'subnet-a1'] }, false],
    ['neither', { ...rdsSpec, subnet_ids: undefined }, false],
    ['a class without "db."', { ...rdsSpec, instance_class: 't3.large' }, false],
  ])('the AwsRdsInstance schema and the platform agree about %s', async (_, spec, isGood) => {
    const kind = findKind('AwsRdsInstance', 'kind');
    expect(kind.spec.safeParse(spec).success).toBe(isGood);
    const outcome = await check(kind.schema, JSON.parse(JSON.stringify(spec)));
    expect(outcome.issues === undefined).toBe(isGood);
  });
});

describe('findKind', () => {
  it.each(['AwsRdsInstance', 'aws_rds_instance', 'aws-rds-instance', 'Aws RDS Instance', 'awsrdsinstance'])(
    'understands %j',
    (name) => {
      expect(findKind(name, 'kind').kind).toBe('AwsRdsInstance');
    },
  );

  it('suggests the nearest name for a typo', () => {
    expect(() => findKind('AwsRdsInstanse', 'cloud_resource_kind')).toThrow(/Did you mean AwsRdsInstance\?/);
  });

  it('points to the list when nothing is near, and repeats nothing of the name', () => {
    expect(() => findKind('canary-name', 'cloud_resource_kind')).toThrow(
      expect.objectContaining({
        issues: [
          {
            path: 'cloud_resource_kind',
            message: 'There is no kind of that name. Choose one of list_cloud_resource_kinds.',
          },
        ],
      }),
    );
  });
});
