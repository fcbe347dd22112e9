import { describe, expect, it } from 'vitest';
import { createSecretRedactor } from '../../src/mcp-client/secret-redactor.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

const secret = 'opaque-token-of-alice';

function redactorOf(...secrets: readonly string[]) {
  const redactor = createSecretRedactor();
  for (const each of secrets) redactor.learn(each);
  return redactor;
}

describe('createSecretRedactor', () => {
  it('hides what it learned, in every spelling', () => {
    const { text } = redactorOf(secret);
    const base64 = Buffer.from(`Bearer ${secret}`).toString('base64');

    expect(text(`a ${secret} b`)).toBe('a [redacted] b');
    expect(text(base64)).toContain('[redacted]');
    expect(Buffer.from(text(base64), 'base64').toString('utf8')).not.toContain('token-of');
  });

  it('hides every part of a token that is long enough to be known by', () => {
    const token = createTokenIssuer(['a']).token('alice');
    const { text } = redactorOf(token);

    for (const part of token.split('.')) expect(text(`<${part}>`)).toBe('<[redacted]>');
  });

  it('hides a JWT that it never learned', () => {
    expect(createSecretRedactor().text(createTokenIssuer(['a']).token('bob'))).toBe('[redacted]');
  });

  it('hides another token of the key that signed one it learned', () => {
    const issuer = createTokenIssuer(['a']);

    expect(redactorOf(issuer.token('alice')).text(`of bob: ${issuer.token('bob')}`)).toBe(
      'of bob: [redacted]',
    );
  });

  it('takes a short value for no secret', () => {
    expect(redactorOf('prod').text('in prod')).toBe('in prod');
  });

  it('remembers the sixteen secrets that were used last', () => {
    const secrets = Array.from({ length: 17 }, (_, index) => `secret-number-${String(index)}-`);
    const redactor = redactorOf(...secrets.slice(0, 16));
    redactor.learn(secrets[0] ?? '');
    redactor.learn(secrets[16] ?? '');

    expect(redactor.text(secrets.join(' '))).toBe(
      secrets.map((each, index) => (index === 1 ? each : '[redacted]')).join(' '),
    );
  });
});

describe('the value of a redactor', () => {
  it('has its texts and member names redacted at every depth, and nothing else changed', () => {
    const { value } = redactorOf(secret);
    const given = { a: [{ [secret]: 1, b: [`x ${secret}`, 2, null, true] }], c: 'kept' };

    expect(value(given)).toEqual({ a: [{ '[redacted]': 1, b: ['x [redacted]', 2, null, true] }], c: 'kept' });
    expect(Object.keys(given.a[0] ?? {})).toContain(secret);
  });

  it('is the very same value when there is nothing to hide', () => {
    const given = { a: [{ b: 'host.example.com' }] };

    expect(redactorOf(secret).value(given)).toBe(given);
  });

  it('keeps a member of the name __proto__ a member', () => {
    const given: unknown = JSON.parse(`{"__proto__":{"a":"${secret}"}}`);

    expect(JSON.stringify(redactorOf(secret).value(given))).toBe('{"__proto__":{"a":"[redacted]"}}');
  });

  it('is hidden below two hundred levels', () => {
    const given: unknown = JSON.parse(`${'['.repeat(5_000)}"${secret}"${']'.repeat(5_000)}`);

    expect(JSON.stringify(redactorOf(secret).value(given))).toMatch(/^\[{201}"\[redacted\]"\]{201}$/);
  });
});
