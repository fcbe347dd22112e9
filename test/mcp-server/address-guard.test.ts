import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { refuseAddress } from '../../src/mcp-server/address-guard.js';

const options = {
  allowedHosts: ['platform.example.com', '10.0.0.5:8090'],
  allowedOrigins: ['https://app.example.com'],
};
const ask = (headers: { host?: string; origin?: string }) =>
  refuseAddress({ headers } as IncomingMessage, options);

describe('refuseAddress', () => {
  it.each([
    { host: 'platform.example.com' },
    { host: 'PLATFORM.example.com:443' },
    { host: '10.0.0.5:8090' },
    { host: '[::1]:8090' },
    { host: '127.0.0.1:8090' },
    { host: '[::1]', origin: 'https://app.example.com' },
    { host: '[::1]', origin: 'http://[::1]:3000' },
  ])('lets %j pass', (headers) => {
    expect(ask(headers)).toBeUndefined();
  });

  it.each([
    {},
    { host: '' },
    { host: 'evil.example.com' },
    { host: 'platform.example.com.evil.example.com' },
    { host: '10.0.0.5' },
    { host: '10.0.0.5:8091' },
  ])('refuses %j and names ALLOWED_HOSTS', (headers) => {
    expect(ask(headers)).toMatch(/ALLOWED_HOSTS/);
  });

  it.each([
    'https://evil.example.com',
    'http://app.example.com',
    'https://app.example.com:8443',
    'null',
    'file://localhost',
    'http://localhost@evil.example.com',
    '',
  ])('refuses the origin %j and names ALLOWED_ORIGINS', (origin) => {
    expect(ask({ host: '[::1]', origin })).toMatch(/ALLOWED_ORIGINS/);
  });
});
