import { describe, expect, it } from 'vitest';
import { isAllowedHost } from '../src/allowed-host.js';

const allowed = ['agents.example.com', '10.0.0.5:8090'];

describe('isAllowedHost', () => {
  it.each(['localhost', 'LOCALHOST:2024', '127.0.0.1:8090', '127.0.0.2', '[::1]', '[::1]:8090'])(
    'takes the loopback name %s, listed or not',
    (host) => {
      expect([isAllowedHost(host, allowed), isAllowedHost(host, [])]).toEqual([true, true]);
    },
  );

  it.each(['agents.example.com', 'AGENTS.example.com:443', '10.0.0.5:8090'])(
    'takes the listed %s',
    (host) => {
      expect(isAllowedHost(host, allowed)).toBe(true);
    },
  );

  it.each([
    '',
    'evil.example.com',
    'agents.example.com.evil.example.com',
    'localhost.evil.example.com',
    '127.0.0.1.evil.example.com:8090',
    'evil.example.com@localhost',
    '10.0.0.5',
    '10.0.0.5:8091',
    '0.0.0.0:8090',
    '[::]:8090',
  ])('refuses %j', (host) => {
    expect(isAllowedHost(host, allowed)).toBe(false);
  });
});
