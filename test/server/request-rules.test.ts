import { describe, expect, it } from 'vitest';
import { createRequestRules } from '../../src/server/request-rules.js';

const rules = createRequestRules({
  allowedHosts: ['agents.example', '10.0.0.5:2024'],
  allowedOrigins: ['https://console.example'],
});
const request = (host: string, path = '/threads', headers: Record<string, string> = {}): Request =>
  new Request(`http://127.0.0.1:2024${path}`, { headers: { host, ...headers } });

describe('refuse', () => {
  it.each([
    '127.0.0.1:2024',
    'localhost',
    '[::1]:2024',
    '127.0.0.2:2024',
    'AGENTS.example',
    'agents.example',
    'agents.example:443',
    '10.0.0.5:2024',
  ])('lets the host %s in', (host) => {
    expect(rules.refuse(request(host))).toBeUndefined();
  });

  it.each(['evil.example', '10.0.0.5:9', 'agents.example.evil', 'localhost.evil', '127.0.0.1.evil', ''])(
    'keeps the host "%s" out',
    (host) => {
      expect(rules.refuse(request(host))).toMatchObject({ status: 403 });
    },
  );

  it.each([
    'https://console.example',
    'http://localhost:3000',
    'https://smith.langchain.com',
    'https://eu.smith.langchain.com',
  ])('lets pages of %s in', (origin) => {
    expect(rules.refuse(request('localhost', '/threads', { origin }))).toBeUndefined();
  });

  it.each(['https://evil.example', 'https://console.example.evil', 'http://console.example', 'null'])(
    'keeps pages of %s out',
    (origin) => {
      expect(rules.refuse(request('localhost', '/threads', { origin }))).toMatchObject({ status: 403 });
    },
  );

  it.each([
    '/internal/truncate',
    '/intern%61l/truncate',
    '/%69nternal/truncat%65',
    '/x/../internal/truncate',
    '/internal/%ff',
  ])('hides the maintenance route %s', (path) => {
    expect(rules.refuse(request('localhost', path))).toMatchObject({ status: 404 });
  });

  it('keeps pages of other origins out, and lets its own, loopback’s and Studio’s in', () => {
    const from = (origin: string) => rules.refuse(request('localhost', '/threads', { origin }));

    expect(from('https://evil.example')).toMatchObject({ status: 403 });
    expect(from('https://smith.langchain.com.evil.example')).toMatchObject({ status: 403 });
    expect(from('https://console.example')).toBeUndefined();
    expect(from('http://localhost:5173')).toBeUndefined();
    expect(from('https://smith.langchain.com')).toBeUndefined();
  });

  it('hides no route that only looks like one', () => {
    expect(rules.refuse(request('localhost', '/%zz/internal'))).toBeUndefined();
    expect(rules.refuse(request('localhost', '/internals'))).toBeUndefined();
  });
});

describe('isStudio', () => {
  const studio = { 'x-auth-scheme': 'langsmith', origin: 'https://smith.langchain.com' };

  it('believes Studio’s own origins on loopback', () => {
    expect(rules.isStudio(request('127.0.0.1:2024', '/', studio))).toBe(true);
    expect(
      rules.isStudio(request('localhost', '/', { ...studio, origin: 'https://eu.smith.langchain.com' })),
    ).toBe(true);
  });

  it('believes no other host, origin or scheme', () => {
    expect(rules.isStudio(request('agents.example', '/', studio))).toBe(false);
    expect(
      rules.isStudio(request('localhost', '/', { ...studio, origin: 'https://smith.langchain.com.evil' })),
    ).toBe(false);
    expect(
      rules.isStudio(request('localhost', '/', { ...studio, origin: 'http://smith.langchain.com' })),
    ).toBe(false);
    expect(rules.isStudio(request('localhost', '/', { ...studio, 'x-auth-scheme': 'basic' }))).toBe(false);
    expect(rules.isStudio(request('localhost', '/', { 'x-auth-scheme': 'langsmith' }))).toBe(false);
  });
});
