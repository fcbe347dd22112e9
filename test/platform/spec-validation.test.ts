import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InvalidArgumentError } from '../../src/errors.js';
import { findKind } from '../../src/platform/resource-kinds.js';
import { checkValue } from '../../src/platform/spec-validation.js';
import { rdsSpec } from '../support/test-platform.js';

const { spec } = findKind('AwsRdsInstance', 'kind');

function issuesOf(value: unknown): Record<string, string> {
  try {
    checkValue(spec, value, 'spec');
  } catch (error) {
    if (error instanceof InvalidArgumentError)
      return Object.fromEntries(error.issues.map(({ path, message }) => [path, message]));
    throw error;
  }
  return {};
}

describe('checkValue', () => {
  it('returns a good value', () => {
    expect(checkValue(spec, rdsSpec, 'spec')).toEqual(rdsSpec);
  });

  it('tells every fault at once, each with its bound and the next step', () => {
    const bad = {
      engine: 'postgre',
      instance_class: 't3.large',
      allocated_storage_gb: 5,
      port: 70000,
      multi_az: 'yes',
      enginee: 1,
      zzz: 1,
      password: 'x',
    };
    expect(issuesOf(bad)).toEqual({
      'spec.engine':
        'It must be one of "postgres", "mysql", "mariadb", "oracle-se2", "sqlserver-ex"; choose one.',
      'spec.engine_version': 'It is required; give a value of type string.',
      'spec.instance_class': 'An instance class begins with "db.", e.g. "db.t3.small".',
      'spec.allocated_storage_gb': 'At least 20 GB; raise it.',
      'spec.username': 'It is required; give a value of type string.',
      'spec.password': 'At least 8 characters.',
      'spec.port': 'A port is 0 to 65535.',
      'spec.multi_az': 'It must be of type boolean; give it as one.',
      'spec.subnet_ids': 'Give at least two different subnet_ids, or a db_subnet_group_name.',
      'spec.enginee': 'There is no such field: did you mean engine?',
      'spec.zzz': 'There is no such field: remove it.',
    });
  });

  it.each([null, [], 'text', 7])('tells that %j is no object', (value) => {
    expect(issuesOf(value)).toHaveProperty('spec');
  });

  it('words what a schema says no words for', () => {
    const plain = z.object({
      list: z.array(z.string()).max(1),
      text: z.string().min(2),
      step: z.number().multipleOf(5),
    });
    expect(() => checkValue(plain, { list: ['a', 'b'], text: 'a', step: 3 }, '')).toThrow(
      'list: At most 1 entries; give less. text: At least 2 characters; give more. step: It must be a multiple of 5; change it.',
    );
  });

  it('repeats no value, and no field name that could forge a line', () => {
    const message = JSON.stringify(
      issuesOf({ ...rdsSpec, engine: 'canary-value', 'x\r\n\u001b[31mFAKE': 1, username: 'canary value' }),
    );
    expect(message).not.toMatch(/canary|\\r|\\n|\\u001b/);
    expect(message).toContain('spec.x????31mFAKE');
  });
});
