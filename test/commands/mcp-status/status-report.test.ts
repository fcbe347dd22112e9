import { describe, expect, it } from 'vitest';
import { toStatusReport } from '../../../src/commands/mcp-status/status-report.js';
import type { McpStatus, ServerStatus } from '../../../src/contracts/mcp-status.js';

const up: ServerStatus = {
  name: 'cloud-platform',
  state: 'up',
  required: true,
  lastSuccess: '2026-11-21T14:40:02.318Z',
  lastFailure: null,
  breaker: 'closed',
  latencyMs: 62,
  tools: ['list_organizations', 'create_cloud_resource'],
};
const down: ServerStatus = {
  ...up,
  name: 'notes',
  state: 'unavailable',
  required: false,
  lastSuccess: null,
  lastFailure: '2026-11-21T14:40:01.000Z',
  breaker: 'open',
  latencyMs: null,
  tools: [],
};
const whole: McpStatus = {
  principal: { subject: 'alice', org: 'acme' },
  token: { expiresAt: '2026-11-21T14:55:02.000Z' },
  servers: [up, down],
};
const now = Date.parse('2026-11-21T14:40:30.000Z');

describe('toStatusReport', () => {
  it('says who asks, how each server is, what it offers or what to do, and whether the agents can work', () => {
    expect(toStatusReport(whole, now)).toEqual([
      'alice of acme; the token ends at 2026-11-21T14:55:02.000Z, in 14 minutes',
      '',
      'server          state        required  breaker  latency  tools  last success              last failure',
      'cloud-platform  up           yes       closed   62 ms    2      2026-11-21T14:40:02.318Z  never',
      'notes           unavailable  no        open     -        0      never                     2026-11-21T14:40:01.000Z',
      '',
      'cloud-platform: list_organizations, create_cloud_resource',
      expect.stringMatching(/^notes: Start it, .* no request is made to it for a while\.$/),
      '',
      '1 of 2 servers up; every required one is',
    ]);
  });

  it('lets no server write on the terminal', () => {
    const evil = { ...up, name: 'a\u001b[2J', tools: ['t\nmcp: every server is up'] };
    const report = toStatusReport({ ...whole, servers: [evil] }, now).join('\n');

    expect(report).not.toContain('\u001b');
    expect(report).toContain('t?mcp: every server is up');
  });

  it('shows a person of no organization, and a server without tools', () => {
    const lines = toStatusReport(
      { ...whole, principal: { subject: 'eve', org: null }, servers: [{ ...up, tools: [] }] },
      now,
    );

    expect(lines[0]).toMatch(/^eve; /);
    expect(lines).toContain('cloud-platform: offers you no tools');
  });
});
