import { describe, expect, it } from 'vitest';
import { withoutWriteOnlyFields } from '../../src/tools/write-only-fields.js';

const secret = { type: 'string', writeOnly: true };

function shown(value: unknown): unknown {
  return JSON.parse(withoutWriteOnlyFields(JSON.stringify(value)));
}

describe('withoutWriteOnlyFields', () => {
  it('takes the property and its place among the required ones', () => {
    const schema = {
      properties: { user: { type: 'string' }, password: secret },
      required: ['user', 'password'],
    };

    expect(shown(schema)).toEqual({ properties: { user: { type: 'string' } }, required: ['user'] });
  });

  it('does so at every depth', () => {
    const inner = { properties: { password: secret, a: {} }, required: ['password'] };

    expect(shown({ kind: 'K', spec: { anyOf: [inner], properties: { nested: inner } } })).toEqual({
      kind: 'K',
      spec: {
        anyOf: [{ properties: { a: {} }, required: [] }],
        properties: { nested: { properties: { a: {} }, required: [] } },
      },
    });
  });

  it('keeps a property that only has the name of a write-only one elsewhere', () => {
    const value = {
      a: { properties: { token: secret } },
      b: { properties: { token: {} }, required: ['token'] },
    };

    expect(shown(value)).toEqual({
      a: { properties: {} },
      b: { properties: { token: {} }, required: ['token'] },
    });
  });

  it.each(['not JSON', '', '[1,null,"x"]', '{"writeOnly":true}'])('leaves %j as it is', (text) => {
    expect(withoutWriteOnlyFields(text)).toBe(text);
  });
});
