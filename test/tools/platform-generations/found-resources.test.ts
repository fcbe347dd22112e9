import { describe, expect, it } from 'vitest';
import { keepAskedFor, unknownKind } from '../../../src/tools/platform-generations/found-resources.js';

const found = [
  { id: 'a', env: 'dev', cloud_resource_kind: 'AwsRdsInstance' },
  { id: 'b', env: 'prod', cloud_resource_kind: 'AwsRdsInstance' },
  { id: 'c', env: 'dev', cloud_resource_kind: 'AwsS3Bucket' },
];

describe('keepAskedFor', () => {
  it.each([
    [{}, 'abc'],
    [{ env_names: [], cloud_resource_kinds: [] }, 'abc'],
    [{ env_names: ['dev'] }, 'ac'],
    [{ cloud_resource_kinds: ['aws_rds_instance'] }, 'ab'],
    [{ env_names: ['dev'], cloud_resource_kinds: ['AWS S3 bucket'] }, 'c'],
    [{ cloud_resource_kinds: ['Nothing'] }, ''],
  ])('keeps of what was found for %j: %s', (filter, ids) => {
    expect(
      keepAskedFor(found, { org_id: 'acme', ...filter })
        .map(({ id }) => id)
        .join(''),
    ).toBe(ids);
  });
});

describe('unknownKind', () => {
  it('names the argument and the next step', () => {
    expect(unknownKind('x"y', 'kind').failure).toMatchObject({
      outcome: 'invalid-argument',
      issues: [
        { path: 'kind', message: expect.stringContaining('"x\\"y"; list_cloud_resource_kinds') as unknown },
      ],
    });
  });
});
