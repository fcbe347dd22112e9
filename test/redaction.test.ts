import { describe, expect, it } from 'vitest';
import { redact } from '../src/redaction.js';

const token = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ';

describe('redact', () => {
  it.each([
    ['a token', token, '[redacted]'],
    ['a token in a sentence', `got ${token}, then stopped`, 'got [redacted], then stopped'],
    ['a token in JSON', `{"token":"${token}"}`, '{"token":"[redacted]"}'],
    ['a token in a query', `/x?access_token=${token}&y=1`, '/x?access_token=[redacted]&y=1'],
    ['two tokens', `${token} ${token}`, '[redacted] [redacted]'],
    ['a token that is glued to a word', `token_${token}`, '[redacted]'],
    ['a token without its signature', token.split('.').slice(0, 2).join('.'), '[redacted]'],
    ['an encrypted token of five parts', `${token}.cGFydC1mb3Vy.cGFydC1maXZl`, '[redacted]'],
    ['a header with white space', 'ewogICJhbGciOiJ4In0.eyJzdWIiOiJhIn0.c2ln', '[redacted]'],
    ['a Bearer credential', 'Authorization: Bearer xyz', 'Authorization: Bearer [redacted]'],
    ['a bearer credential in small letters', 'bearer a/b+c==', 'bearer [redacted]'],
    ['a Bearer token', `Bearer ${token}`, 'Bearer [redacted]'],
    ['a password in a URL', 'postgres://app:s3cret@db:5432/x', 'postgres://app:[redacted]@db:5432/x'],
    ['a password without a user in a URL', 'redis://:s3cret@cache', 'redis://:[redacted]@cache'],
    ['an API key', 'key sk-abcdefghijklmnopqrstuv', 'key [redacted]'],
  ])('takes out %s', (_title, text, shown) => {
    expect(redact(text)).toBe(shown);
  });

  it.each([
    '',
    'creating AwsRdsInstance orders-db in acme/dev',
    'db.t3.small, version 16.4, 10.0.0.1:8080',
    'https://user@host/path?a=b.c.d',
    'http://127.0.0.1:8090/mcp',
    'mcp.tools.loaded',
    'src/auth/token-verifier.test.ts',
    'registry-1.example.com',
    '{"issuer":"https://id.example.com:8443","subject":"alice@example.com"}',
    '"{\\"url\\":\\"http://10.0.0.5:5432\\",\\"to\\":\\"alice@example.com\\"}"',
  ])('leaves %j alone', (text) => {
    expect(redact(text)).toBe(text);
  });

  it.each([
    ['letters', 'a'.repeat(200_000)],
    ['what begins like a token', 'ey'.repeat(100_000)],
    ['dots', 'eyJhbGciOiJ4.'.repeat(20_000)],
    ['URLs', '://a:'.repeat(40_000)],
    ['Bearer', 'Bearer '.repeat(30_000)],
    ['spaces', `Bearer${' '.repeat(200_000)}`],
  ])('reads 200 kB of %s in well under a second', (_title, text) => {
    const start = performance.now();
    redact(text);

    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
