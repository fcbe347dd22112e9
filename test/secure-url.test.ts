import { describe, expect, it } from 'vitest';
import { isLoopbackHost, parseSecureUrl } from '../src/secure-url.js';

describe('isLoopbackHost', () => {
  it.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.1.2.3', '::1', '[::1]'])('knows %s', (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });

  it.each([
    '',
    '0.0.0.0',
    '::',
    '10.0.0.1',
    'localhost.evil.com',
    '127.0.0.1.evil.com',
    '[::2]',
    '127.0.0',
    'a127.0.0.1',
  ])('does not take %j for this machine', (host) => {
    expect(isLoopbackHost(host)).toBe(false);
  });
});

describe('parseSecureUrl', () => {
  it.each([
    'https://host/mcp',
    'https://10.0.0.1:8443',
    'http://127.0.0.1:8090/mcp',
    'http://localhost',
    'http://[::1]:1/',
  ])('accepts %s', (text) => {
    expect(parseSecureUrl('URL', text).href).toContain(text);
  });

  it.each([
    ['http on another host', 'http://host/mcp', 'https://'],
    ['http on all addresses', 'http://0.0.0.0/mcp', 'https://'],
    ['another protocol', 'file:///etc/passwd', 'https://'],
    ['a script', 'javascript:alert(1)', 'https://'],
    ['a path', '/mcp', 'absolute URL'],
    ['nothing', '', 'absolute URL'],
    ['a user', 'https://canary@host', 'user name or password'],
    ['a password', 'https://:canary@host', 'user name or password'],
    ['a fragment', 'https://host/#canary', 'fragment'],
  ])('refuses %s without showing it', (_title, text, words) => {
    expect(() => parseSecureUrl('AUTH_JWKS_URL', text)).toThrow(
      expect.objectContaining({ path: 'AUTH_JWKS_URL', message: expect.stringContaining(words) }),
    );
    expect(() => parseSecureUrl('AUTH_JWKS_URL', text)).not.toThrow('canary');
  });
});
