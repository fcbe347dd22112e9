import { describe, expect, it } from 'vitest';
import {
  completeDraft,
  newestVersions,
  proposeName,
  sizingFor,
  toDraftField,
  toSpec,
  unanswerable,
} from '../../../src/agents/offline-model/proposals.js';
import { awsRdsInstanceDraft, rdsEngines } from '../../../src/contracts/aws-rds-instance.js';
import { resourceNamePattern } from '../../../src/contracts/cloud-resource-tools.js';

describe('completeDraft', () => {
  it.each(rdsEngines)('makes for %s a name and a spec that the contract accepts', (engine) => {
    const said = { subnetIds: ['subnet-a1', 'subnet-b2'] };

    const draft = completeDraft(said, engine, { environment: 'prod', seed: 'x' });

    expect(awsRdsInstanceDraft.safeParse(toSpec(draft)).error).toBeUndefined();
    expect(draft.name).toMatch(resourceNamePattern);
    expect(newestVersions).toHaveProperty(engine);
  });

  it('keeps what was said, false and wrong values too', () => {
    const said = {
      isMultiAz: false,
      isEncrypted: false,
      instanceClass: 't3.large',
      port: 0,
      subnetGroup: 'main',
    };

    expect(toSpec(completeDraft(said, 'mysql', { environment: 'prod', seed: 'x' }))).toMatchObject({
      multi_az: false,
      storage_encrypted: false,
      instance_class: 't3.large',
      port: 0,
      db_subnet_group_name: 'main',
    });
  });
});

describe('toSpec', () => {
  it('holds no password, even when a draft smuggles one in', () => {
    const draft = { ...completeDraft({}, 'mysql', { environment: 'dev', seed: 'x' }), password: 'hunter2' };

    expect(JSON.stringify(toSpec(draft))).not.toContain('hunter2');
  });
});

describe('proposeName', () => {
  it('depends on the seed alone, beside engine and environment', () => {
    expect(proposeName('mysql', 'dev', 'a')).toBe(proposeName('mysql', 'dev', 'a'));
    expect(proposeName('mysql', 'dev', 'a')).not.toBe(proposeName('mysql', 'dev', 'b'));
    expect(proposeName('mysql', 'dev', 'a')).toMatch(/^mysql-dev-[0-9a-f]{4}$/);
  });
});

describe('sizingFor', () => {
  it.each([
    ['prod', 'db.m5.large'],
    ['production', 'db.m5.large'],
    ['dev', 'db.t3.small'],
    ['preprod', 'db.t3.small'],
  ])('proposes for %s %s', (environment, instanceClass) => {
    expect(sizingFor(environment).instanceClass).toBe(instanceClass);
  });
});

describe('unanswerable', () => {
  it.each([
    [{}, ['engine', 'subnetIds']],
    [{ engine: 'mysql', subnetIds: ['subnet-a'] }, ['subnetIds']],
    [{ engine: 'mysql', subnetIds: ['subnet-a', 'subnet-b'] }, []],
    [{ engine: 'mysql', subnetGroup: 'main' }, []],
  ])('of %j is %j', (draft, fields) => {
    expect(unanswerable(draft)).toEqual(fields);
  });
});

describe('toDraftField', () => {
  it.each([
    ['spec.instance_class', 'instanceClass'],
    ['spec.subnet_ids[0]', 'subnetIds'],
    ['spec.subnet_ids.1', 'subnetIds'],
    ['resource_name', 'name'],
    ['env_name', 'environment'],
    ['spec.unheard_of', undefined],
    ['', undefined],
  ])('of %j is %j', (path, field) => {
    expect(toDraftField(path)).toBe(field);
  });
});
