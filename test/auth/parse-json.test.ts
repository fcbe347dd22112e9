import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/auth/parse-json.js';

describe('parseJson', () => {
  it('reads JSON of every kind', () => {
    expect(parseJson('{"a":[1]}')).toEqual({ a: [1] });
    expect(parseJson('null')).toBeNull();
  });

  it.each(['', 'canary', '{"a":1} {}', '\ufeff{}'])('gives undefined for %j, which is no JSON', (text) => {
    expect(parseJson(text)).toBeUndefined();
  });
});
