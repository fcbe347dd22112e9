import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../src/auth/bearer-token.js';
import { ConfigError, KeysUnavailableError } from '../src/errors.js';
import { toLogValue } from '../src/log-value.js';

describe('toLogValue', () => {
  it.each([
    ['a number', 1.5, 1.5],
    ['true', true, true],
    ['null', null, null],
    ['a large number', 10n, '10'],
    ['a function', () => 1, '[function]'],
    ['a symbol', Symbol('x'), '[symbol]'],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['a list', [1, 'two', [3]], [1, 'two', [3]]],
    ['an object', { a: { b: 'c' } }, { a: { b: 'c' } }],
    ['a text with a credential', 'Bearer abc', 'Bearer [redacted]'],
    ['a bearer token', toBearerToken('canary'), '[redacted]'],
  ])('shows %s', (_title, value, shown) => {
    expect(toLogValue('field', value)).toEqual(shown);
  });

  it.each([
    'authorization',
    'Authorization',
    'token',
    'accessToken',
    '_user_token',
    'password',
    'clientSecret',
    'apiKey',
    'OPENAI_API_KEY',
    'TOKEN_SEAL_KEY',
    'cookie',
  ])('hides a text named %s, wherever it stands', (name) => {
    expect(toLogValue(name, 'canary')).toBe('[redacted]');
    expect(toLogValue('field', [{ [name]: { deep: 'canary' } }])).toEqual([{ [name]: '[redacted]' }]);
  });

  it('shows counts of tokens and names that only sound like secrets', () => {
    expect(toLogValue('token', 12)).toBe(12);
    expect(toLogValue('tokenizer', 'fast')).toBe('fast');
  });

  it('shows an error as name, code, message and cause, without its stack', () => {
    const error = new ConfigError('PORT', 'got Bearer abc', { cause: new KeysUnavailableError() });

    expect(toLogValue('error', error)).toEqual({
      name: 'ConfigError',
      code: 'ERR_CONFIG',
      message: 'PORT: got Bearer [redacted]',
      cause: { name: 'KeysUnavailableError', code: 'ERR_KEYS_UNAVAILABLE', message: expect.any(String) },
    });
  });

  it('bounds depth, members and length', () => {
    const loop: Record<string, unknown> = {};
    loop.self = loop;

    expect(JSON.stringify(toLogValue('field', loop))).toContain('[deep]');
    expect(
      toLogValue(
        'field',
        Array.from({ length: 1_000 }, () => 1),
      ),
    ).toHaveLength(50);
    expect(String(toLogValue('field', 'x'.repeat(10_000)))).toHaveLength(4_005);
  });

  it('survives a value that throws when it is read', () => {
    const value = {
      get broken(): string {
        throw new Error('broken');
      },
    };

    expect(toLogValue('field', value)).toBe('[unreadable]');
  });
});
