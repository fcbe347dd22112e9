import { describe, expect, it } from 'vitest';
import { readKinds, readSchema, requireKind } from '../../../src/tools/platform-generations/newer-kinds.js';
import { translatedServer } from '../../support/translated-server.js';

const providers = {
  gcp: { api_version: 'gcp/v1', kinds: ['GcpGkeCluster'] },
  aws: { api_version: 'aws/v1', kinds: ['AwsRdsInstance'] },
};
const server = translatedServer({ resources: { 'cloud-resource-kinds://catalog': { providers } } });

describe('readKinds', () => {
  it('gives the kinds of all providers, sorted', async () => {
    expect(await readKinds(server)).toEqual([
      { kind: 'AwsRdsInstance', provider: 'aws', apiVersion: 'aws/v1' },
      { kind: 'GcpGkeCluster', provider: 'gcp', apiVersion: 'gcp/v1' },
    ]);
  });
});

describe('requireKind', () => {
  it.each(['AwsRdsInstance', 'aws_rds_instance', 'AWS RDS-instance'])('finds %s', async (kind) => {
    expect((await requireKind(kind, 'kind', server)).apiVersion).toBe('aws/v1');
  });

  it('names the argument of a kind that does not exist', async () => {
    await expect(requireKind('AwsRds', 'kinds.3', server)).rejects.toMatchObject({
      failure: { outcome: 'invalid-argument', issues: [{ path: 'kinds.3' }] },
    });
  });
});

describe('readSchema', () => {
  const read = (schema: object) =>
    readSchema('K', translatedServer({ resources: { 'cloud-resource-schema://K': schema } }));

  it('gives the spec’s part of a whole object’s schema, and the whole where there is none', async () => {
    const spec = { type: 'object', properties: { size: { type: 'integer' } } };

    expect(await read({ properties: { kind: {}, spec } })).toEqual(spec);
    expect(await read(spec)).toEqual(spec);
  });

  it('marks fields that keep secrets at every depth', async () => {
    const secret = { properties: { password: { type: 'string' }, size: {} } };
    const marked = { properties: { password: { type: 'string', writeOnly: true }, size: {} } };

    expect(await read({ anyOf: [secret], properties: { user: secret } })).toEqual({
      anyOf: [marked],
      properties: { user: marked },
    });
  });
});
