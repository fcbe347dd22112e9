import { describe, expect, it } from 'vitest';
import { containsJson } from '../../../src/server/records/contains-json.js';

describe('containsJson', () => {
  it.each([
    ['nothing is asked for', { a: 1 }, undefined, true],
    ['a member is there', { a: 1, b: 2 }, { a: 1 }, true],
    ['a member differs', { a: 1 }, { a: 2 }, false],
    ['a member is missing', { a: 1 }, { b: 1 }, false],
    ['a member is null', { a: null }, { a: null }, false],
    ['a member inside is there', { a: { b: 1, c: 2 } }, { a: { c: 2 } }, true],
    ['a member inside differs', { a: { b: 1 } }, { a: { b: 2 } }, false],
    ['an object is asked for where a text stands', { a: 'x' }, { a: { b: 1 } }, false],
    ['a list begins with what is asked for', { a: [1, 2] }, { a: [1] }, true],
    ['a list begins otherwise', { a: [1, 2] }, { a: [2] }, false],
  ])('tells when %s', (_case, value, asked, expected) => {
    expect(containsJson(value, asked)).toBe(expected);
  });
});
