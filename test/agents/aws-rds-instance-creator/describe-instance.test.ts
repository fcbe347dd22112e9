import { describe, expect, it } from 'vitest';
import {
  describeCreate,
  withDefaults,
} from '../../../src/agents/aws-rds-instance-creator/describe-instance.js';
import { cloudResourceTools } from '../../../src/contracts/cloud-resource-tools.js';
import { createInput, rdsSpec } from '../../support/test-platform.js';

const { password: _password, ...spec } = rdsSpec;
const args = cloudResourceTools.create_cloud_resource.parse(createInput({ spec, description: 'for orders' }));

describe('describeCreate', () => {
  it.each([
    ['own', 'the platform keeps it sealed for you'],
    ['older', 'this platform keeps it in the spec'],
    ['newer', 'this platform keeps it in the spec'],
    [undefined, 'nobody is shown it here'],
  ])('says of the %s generation where the password is kept', (generation, kept) => {
    expect(describeCreate(args, generation)).toContain(`- password: made when the call leaves; ${kept}`);
  });

  it.each([
    ['own', '- description: "for orders"'],
    ['older', '- description: "left out: this platform keeps none"'],
    ['newer', '- description: "left out: this platform keeps none"'],
  ])('shows what becomes of the description on the %s generation', (generation, line) => {
    expect(describeCreate(args, generation).split('\n')).toContain(line);
  });

  it('warns of the tool that also changes, and of no other', () => {
    const warned = ['own', 'older', 'newer', undefined].map((generation) =>
      describeCreate(args, generation).includes('creates and changes'),
    );

    expect(warned).toEqual([false, false, true, false]);
  });
});

describe('withDefaults', () => {
  it('fills in what was left out and changes nothing that was said', () => {
    expect(withDefaults({ ...spec, subnet_ids: [...spec.subnet_ids] })).toEqual({
      ...spec,
      publicly_accessible: false,
      multi_az: false,
      storage_encrypted: true,
    });
    expect(withDefaults({ multi_az: true, storage_encrypted: false })).toMatchObject({
      multi_az: true,
      storage_encrypted: false,
    });
  });
});
