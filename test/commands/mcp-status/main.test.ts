import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { McpStatus, ServerStatus } from '../../../src/contracts/mcp-status.js';
import type { LoopbackListener } from '../../../src/testing/loopback-listener.js';
import { startLoopbackListener } from '../../../src/testing/loopback-listener.js';
import { startChild } from '../../support/child.js';

const dataDir = mkdtempSync(join(tmpdir(), 'mcp-status-'));
const up: ServerStatus = {
  name: 'cloud-platform',
  state: 'up',
  required: true,
  lastSuccess: '2026-11-21T14:40:02.318Z',
  lastFailure: null,
  breaker: 'closed',
  latencyMs: 62,
  tools: ['list_organizations'],
};

let agentServer: LoopbackListener;
let servers: McpStatus['servers'];
let subjects: unknown[];
beforeAll(async () => {
  agentServer = await startLoopbackListener((request, response) => {
    const [, claims = ''] = (request.headers.authorization ?? '').split('.');
    const { sub } = JSON.parse(Buffer.from(claims, 'base64url').toString());
    subjects.push(sub);
    const principal = { subject: String(sub), org: 'acme' };
    response.end(JSON.stringify({ principal, token: { expiresAt: '2096-01-01T00:00:00.000Z' }, servers }));
  });
});
afterAll(async () => {
  await agentServer.stop();
  rmSync(dataDir, { recursive: true });
});

async function run(words: readonly string[], { env = {}, stdin = '' } = {}) {
  subjects = [];
  const settings = { DATA_DIR: dataDir, AGENT_SERVER_URL: agentServer.origin, ...env };
  const child = startChild('commands/mcp-status/main.ts', words, settings);
  child.process.stdin.end(stdin);
  const code = await child.ended();
  return { code, ...child.output };
}

describe('npm run mcp:status', () => {
  it('prints a row for each server, and ends with 0 when every required one is up', async () => {
    servers = [up, { ...up, name: 'notes', state: 'unavailable', required: false, tools: [] }];
    const { code, stdout, stderr } = await run(['bob']);

    expect({ code, stderr, subjects }).toEqual({ code: 0, stderr: '', subjects: ['bob'] });
    expect(stdout).toMatch(/^bob of acme; /);
    expect(stdout).toMatch(/^cloud-platform {2}up {11}yes/m);
    expect(stdout).toMatch(/^notes {11}unavailable {2}no/m);
  });

  it('ends with 1 when a required server is not up, with --json too', async () => {
    servers = [{ ...up, state: 'contract', tools: [] }];
    const { code, stdout } = await run(['--json']);

    expect({ code, subjects }).toEqual({ code: 1, subjects: ['alice'] });
    expect(JSON.parse(stdout)).toMatchObject({ servers });
  });

  it('asks as whoever the token on stdin is of, where development principals are refused', async () => {
    servers = [up];
    const claims = Buffer.from('{"sub":"mallory"}').toString('base64url');
    const env = { AUTH_JWKS_URL: 'https://issuer.example/jwks' };

    expect(await run(['--token-file', '-'], { env, stdin: `e30.${claims}.e30\n` })).toMatchObject({
      code: 0,
    });
    expect(subjects).toEqual(['mallory']);
    expect(await run(['alice'], { env })).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^AUTH_JWKS_URL: names other keys/),
    });
    expect(subjects).toEqual([]);
  });

  it('names AGENT_SERVER_URL in one sentence when nothing answers there', async () => {
    const { code, stdout, stderr } = await run([], { env: { AGENT_SERVER_URL: 'http://127.0.0.1:9' } });

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      'AGENT_SERVER_URL: the agent server at http://127.0.0.1:9 does not answer; start it with npm start, or name another address.\n',
    );
  });

  it('prints no token that stands in the answer', async () => {
    const token = `eyJhbGciOiJFUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(40)}`;
    servers = [{ ...up, tools: [token] }];

    expect((await run([])).stdout).not.toContain('eyJ');
    expect((await run(['--json'])).stdout).toContain('[redacted]');
  });
});
