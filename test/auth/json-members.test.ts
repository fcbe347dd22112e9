import { describe, expect, it } from 'vitest';
import { hasSafeMembers } from '../../src/auth/json-members.js';

describe('hasSafeMembers', () => {
  it.each([
    '{}',
    '[]',
    '1',
    '"a:b"',
    '{"a":1,"b":2}',
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":2}]',
    '{"a":"a","b":"a"}',
    '{"a":"\\"a\\":1,","b":"{\\"b\\":2}"}',
    '{"":1,"a":""}',
    '{"A":1,"a":2}',
    '{"a":["a","b",{"b":1}],"b":1}',
  ])('accepts %s', (json) => {
    expect(hasSafeMembers(json)).toBe(true);
  });

  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"b":{},"a":2}',
    '{"a":[1,{"b":1}],"a":2}',
    '{"x":{"a":1,"a":1}}',
    '[[{"a":1,"a":1}]]',
    '{"a":1,"\\u0061":2}',
    '{ "a" : 1 , "a" : 2 }',
    '{"":1,"":2}',
    '{"__proto__":1}',
    '{"x":{"\\u005f_proto__":{}}}',
  ])('refuses %s', (json) => {
    expect(hasSafeMembers(json)).toBe(false);
  });
});
