import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isBearerToken, readAuthorizationHeader, toBearerToken } from '../../src/auth/bearer-token.js';
import { TokenInvalidError, TokenMissingError } from '../../src/errors.js';

// Any value may end up in a template.
const toText = (value: unknown) => `text: ${value as string}`;

describe('toBearerToken', () => {
  it('gives the text to who asks for it', () => {
    expect(toBearerToken('abc.def.ghi').reveal()).toBe('abc.def.ghi');
  });

  it('shows [redacted] to everyone else', () => {
    const token = toBearerToken('canary.canary.canary');
    const carrier = { token, list: [token], map: new Map([['token', token]]) };
    const shown = [
      toText(token),
      JSON.stringify(carrier),
      inspect(carrier, { depth: 9, showHidden: true }),
      inspect(token, { customInspect: false, showHidden: true, depth: 9 }),
      Object.entries(token).join(),
      new Error('x', { cause: token }).stack,
    ];

    expect(shown.join('\n')).not.toContain('canary');
    expect(toText(token)).toBe('text: [redacted]');
    expect(JSON.stringify(carrier)).toBe('{"token":"[redacted]","list":["[redacted]"],"map":{}}');
    expect(inspect(token)).toBe('[redacted]');
  });

  it('cannot be copied into another process or changed', () => {
    const token = toBearerToken('abc');

    expect(() => structuredClone(token)).toThrow();
    expect(Object.isFrozen(token)).toBe(true);
  });

  it('returns a token that is wrapped already', () => {
    const token = toBearerToken('abc');

    expect(toBearerToken(token)).toBe(token);
  });

  it.each([undefined, null, ''])('finds %j to be no token', (value) => {
    expect(() => toBearerToken(value)).toThrow(TokenMissingError);
  });

  it.each([
    1,
    true,
    {},
    [],
    ['abc'],
    { reveal: () => 'abc' },
    'a b',
    'abc\n',
    ' abc',
    'é',
    'a,b',
    'a"b',
    '=',
    'a=b',
  ])('refuses %j as malformed', (value) => {
    expect(() => toBearerToken(value)).toThrow(expect.objectContaining({ reason: 'malformed' }));
  });

  it('accepts 8 192 characters and refuses one more', () => {
    expect(toBearerToken('a'.repeat(8_192)).reveal()).toHaveLength(8_192);
    expect(() => toBearerToken('a'.repeat(8_193))).toThrow(expect.objectContaining({ reason: 'too-large' }));
  });

  it('keeps the refused text out of the error', () => {
    expect(() => toBearerToken('canary canary')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('canary') }),
    );
  });
});

describe('readAuthorizationHeader', () => {
  it.each(['Bearer abc.def', 'bearer abc.def', 'BEARER abc.def'])('takes the token out of %j', (header) => {
    expect(readAuthorizationHeader(header).reveal()).toBe('abc.def');
  });

  it.each([undefined, null, '', 'Basic YTpi', 'Bearerabc', 'Digest a="b"', 'token abc'])(
    'finds no bearer token in %j',
    (header) => {
      expect(() => readAuthorizationHeader(header)).toThrow(TokenMissingError);
    },
  );

  it.each([
    ['no token', 'Bearer'],
    ['a space and no token', 'Bearer '],
    ['two spaces', 'Bearer  abc'],
    ['a tab', 'Bearer\tabc'],
    ['a word behind the token', 'Bearer abc extra'],
    ['a space behind the token', 'Bearer abc '],
    ['two tokens', 'Bearer abc, Bearer def'],
    ['two tokens without a space', 'Bearer abc,def'],
    ['a scheme said twice', 'Bearer Bearer abc'],
    ['a parameter', 'Bearer token="abc"'],
    ['a line end', 'Bearer abc\r\nx: y'],
    ['a space in front', ' Bearer abc'],
  ])('refuses %s', (_title, header) => {
    expect(() => readAuthorizationHeader(header)).toThrow(TokenInvalidError);
    expect(() => readAuthorizationHeader(header)).toThrow(expect.objectContaining({ reason: 'malformed' }));
  });

  it('refuses a header that is too long before it reads it', () => {
    expect(() => readAuthorizationHeader(`Bearer ${'a '.repeat(100_000)}`)).toThrow(
      expect.objectContaining({ reason: 'too-large' }),
    );
  });
});

describe('isBearerToken', () => {
  it('knows a wrapped token from everything that looks like one', () => {
    const lookalike: unknown = JSON.parse('{"reveal":"abc","graph-fleet.bearer-token":true}');

    expect(isBearerToken(toBearerToken('abc'))).toBe(true);
    expect([lookalike, { reveal: () => 'abc' }, 'abc', null, undefined].some(isBearerToken)).toBe(false);
  });
});
