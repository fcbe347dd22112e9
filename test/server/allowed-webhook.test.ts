import { describe, expect, it } from 'vitest';
import { parseWebhook } from '../../src/server/allowed-webhook.js';

const allowed = ['https://hooks.example.com/agents', 'http://127.0.0.1:9000'];

describe('parseWebhook', () => {
  it.each([
    'https://hooks.example.com/agents',
    'https://hooks.example.com/agents/',
    'https://hooks.example.com/agents/done?key=1',
    'https://HOOKS.example.com:443/agents/x',
    'http://127.0.0.1:9000/anything',
  ])('lets %s through', (webhook) => {
    expect(parseWebhook(webhook, allowed)?.href).toBe(new URL(webhook).href);
  });

  it.each([
    ['a path of the server itself', '/threads'],
    ['a path without an origin', '//hooks.example.com/agents'],
    ['another host that begins the same', 'https://hooks.example.com.evil.example/agents'],
    ['another host behind a user', 'https://hooks.example.com@evil.example/agents'],
    ['a user at the host', 'https://user:password@hooks.example.com/agents'],
    ['another port', 'https://hooks.example.com:8443/agents'],
    ['another scheme', 'http://hooks.example.com/agents'],
    ['a scheme that fetch reads files by', 'file:///agents'],
    ['a path that begins the same', 'https://hooks.example.com/agents-of-others'],
    ['a path that leaves the prefix', 'https://hooks.example.com/agents/../admin'],
    ['an encoded path that leaves it', 'https://hooks.example.com/agents/%2e%2e/admin'],
    ['a slash that only the receiver sees', 'https://hooks.example.com/agents/..%2fadmin'],
    ['a backslash that only the receiver sees', 'https://hooks.example.com/agents/..%5Cadmin'],
    ['a backslash', String.raw`https://hooks.example.com/agents\..\admin`],
    ['a fragment', 'https://hooks.example.com/agents#x'],
    ['loopback by another name', 'http://localhost:9000/x'],
    ['the cloud’s metadata', 'http://169.254.169.254/latest'],
    ['no text', 7],
  ])('refuses %s', (_, webhook) => {
    expect(parseWebhook(webhook, allowed)).toBeUndefined();
  });

  it('refuses everything while nothing is listed', () => {
    expect(parseWebhook('https://hooks.example.com/agents', [])).toBeUndefined();
  });
});
