import { describe, expect, it } from 'vitest';
import {
  isSecretName,
  listIn,
  memberOf,
  membersOf,
  parseAnswer,
  requireList,
  textOf,
  toFoundResource,
  toPlace,
  toWholeResource,
  withoutEmpty,
  withoutSecrets,
} from '../../../src/tools/platform-generations/platform-answer.js';

const contract = expect.objectContaining({ failure: { outcome: 'contract' } }) as unknown;

describe('parseAnswer', () => {
  it('parses JSON, and says of other texts what it is told to', () => {
    expect(parseAnswer('{"a":1}')).toEqual({ a: 1 });
    expect(() => parseAnswer('done')).toThrow(contract);
    expect(() => parseAnswer('done', 'unknown-result')).toThrow(
      expect.objectContaining({ failure: { outcome: 'unknown-result' } }),
    );
  });
});

describe('memberOf', () => {
  it('finds a member in either spelling, and none that an object has by birth', () => {
    expect(memberOf({ env_slug: 'a' }, 'env_slug')).toBe('a');
    expect(memberOf({ envSlug: 'a' }, 'env_slug')).toBe('a');
    expect(memberOf({}, 'constructor')).toBeUndefined();
    expect(memberOf([1], 'length')).toBeUndefined();
    expect(textOf({ a: '' }, 'a')).toBeUndefined();
    expect(textOf({ a: 1 }, 'a')).toBeUndefined();
  });
});

describe('membersOf', () => {
  it.each([null, undefined, 'text', 1, [1]])('has none for %j', (value) => {
    expect(membersOf(value)).toEqual({});
  });
});

describe('requireList', () => {
  it.each([
    [[1], [1]],
    [null, []],
    [{}, []],
    [{ entries: [1], total: 1 }, [1]],
  ])('reads %j', (answer, list) => {
    expect(requireList(answer)).toEqual(list);
    expect(listIn(answer)).toEqual(list);
  });

  it.each(['text', 1, { a: 1 }, { error: 'x' }])('does not take %j for an empty list', (answer) => {
    expect(() => requireList(answer)).toThrow(contract);
  });
});

describe('withoutSecrets', () => {
  it.each([
    'password',
    'master_password',
    'masterPassword',
    'client_secret',
    'api_key',
    'privateKey',
    'auth_token',
  ])('takes %s out at every depth', (name) => {
    expect(isSecretName(name)).toBe(true);
    expect(withoutSecrets({ a: [{ [name]: 'x', b: 1 }] })).toEqual({ a: [{ b: 1 }] });
  });

  it.each(['kms_key_id', 'username', 'engine', 'key_name', 'option_group_name'])('leaves %s', (name) => {
    expect(withoutSecrets({ [name]: 'x' })).toEqual({ [name]: 'x' });
  });
});

describe('toPlace', () => {
  it('reads a plain place and one with metadata alike', () => {
    const place = { id: 'e-1', slug: 'dev', name: 'Dev', description: 'd' };

    expect(toPlace(place)).toEqual(place);
    expect(
      toPlace({ metadata: { id: 'e-1', slug: 'dev', name: 'Dev' }, spec: { description: 'd' } }),
    ).toEqual(place);
    expect(toPlace({ id: 'e-1' })).toEqual({ id: 'e-1', slug: 'e-1' });
  });
});

describe('toFoundResource', () => {
  it('names it by its slug', () => {
    expect(
      toFoundResource({ id: 'r', name: 'Orders', slug: 'orders', env: 'dev', spec: { password: 'x' } }),
    ).toEqual({
      id: 'r',
      name: 'orders',
      env: 'dev',
    });
  });
});

describe('toWholeResource', () => {
  const metadata = { id: 'r', name: 'orders', org: 'acme', env: 'dev' };
  const spec = { engine: 'postgres', password: 'x' };

  it('reads a resource and one inside another alike, without its secrets', () => {
    const whole = {
      id: 'r',
      name: 'orders',
      cloud_resource_kind: 'AwsRdsInstance',
      org: 'acme',
      env: 'dev',
      state_message: 'This platform does not tell the state here.',
      spec: { engine: 'postgres' },
    };
    const own = { kind: 'AwsRdsInstance', metadata, spec };

    expect(toWholeResource(own)).toEqual(whole);
    expect(toWholeResource({ kind: 'CloudResource', metadata, spec: { cloudObject: own } })).toEqual(whole);
  });

  it('tells the state where it is told', () => {
    expect(toWholeResource({ metadata, status: { state: 'AVAILABLE' } })).toMatchObject({
      state: 'available',
    });
    expect(toWholeResource({ metadata, status: { state: 'paused' } })).not.toHaveProperty('state_message');
  });

  it('is not made of anything without an id', () => {
    expect(() => toWholeResource({})).toThrow(contract);
  });
});

describe('withoutEmpty', () => {
  it('leaves out what is undefined and nothing else', () => {
    expect(withoutEmpty({ a: undefined, b: null, c: '' })).toEqual({ b: null, c: '' });
  });
});
