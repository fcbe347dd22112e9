import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { McpTestServer } from '../../../src/testing/mcp-test-server.js';
import { startLoopbackListener } from '../../../src/testing/loopback-listener.js';
import { startMcpTestServer } from '../../../src/testing/mcp-test-server.js';
import { startChild } from '../../support/child.js';
import { testTools } from '../../support/test-agent.js';

const folder = mkdtempSync(join(tmpdir(), 'mcp-check-'));
let server: McpTestServer;
beforeAll(async () => {
  server = await startMcpTestServer(testTools);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** Checks these servers beside the one that works, as the command does. */
async function run(words: readonly string[], { others = {}, stdin = '' } = {}) {
  const file = join(folder, 'mcp-servers.json');
  const platform = { type: 'http', url: server.url, auth: { mode: 'forward' } };
  writeFileSync(file, JSON.stringify({ mcpServers: { platform, ...others } }));
  const child = startChild('commands/mcp-check/main.ts', words, {
    DATA_DIR: folder,
    MCP_SERVERS_FILE: file,
    PLATFORM_MCP_URL: server.url,
  });
  child.process.stdin.end(stdin);
  const code = await child.ended();
  return { code, ...child.output };
}

const dead = { type: 'http', url: 'http://127.0.0.1:9/mcp' };

describe('npm run mcp:check', () => {
  it('tries every server as the person who is named, without an agent server', async () => {
    const { code, stdout, stderr } = await run(['bob']);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^bob of acme\n/);
    expect(stdout).toMatch(/^platform +http +up +yes/m);
    expect(new Set(server.requests.map(({ subject }) => subject))).toEqual(new Set(['bob']));
  });

  it('ends with 1 for a required server that is dead, and with 0 for one that may be missing', async () => {
    expect(await run([], { others: { dead } })).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('required and not up: dead'),
    });
    expect(await run([], { others: { dead: { ...dead, required: false } } })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 of 2 servers up; every required one is'),
    });
  });

  it('says so when a server refuses the token, as JSON too', async () => {
    server.failWith = 401;
    const { code, stdout } = await run(['--json']);
    server.failWith = undefined;

    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ servers: [{ name: 'platform', state: 'unauthenticated' }] });
  });

  it('sends a token nowhere that the agents would refuse', async () => {
    const before = server.requests.length;
    const claims = Buffer.from('{"sub":"mallory"}').toString('base64url');
    const { code, stdout, stderr } = await run(['--token-file', '-'], { stdin: `e30.${claims}.e30` });

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^Sign in again: the token was refused\. \([a-z-]+\)\n$/);
    expect(server.requests.length).toBe(before);
  });

  it('leaves no process of a server behind, and ends though one never answers', async () => {
    const script = 'process.stderr.write("pid=" + process.pid + "\\n"); setInterval(() => undefined, 1000)';
    const silent = {
      type: 'stdio',
      command: process.execPath,
      args: ['-e', script],
      required: false,
      connectTimeoutMs: 500,
    };
    const { code, stdout, stderr } = await run([], { others: { silent } });
    const pid = Number(/pid=(\d+)/.exec(stderr)?.[1]);

    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('no answer in time') });
    expect(pid).toBeGreaterThan(0);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('ends the sessions that it began', async () => {
    const sessions = await startMcpTestServer(testTools, { anonymous: true, sessions: true });
    const { code } = await run([], { others: { sessions: { type: 'http', url: sessions.url } } });

    expect(code).toBe(0);
    expect(sessions.requests.at(-1)?.method).toBe('DELETE');
    await sessions.close();
  });

  it('asks each server once, so that no second try hides that the first failed', async () => {
    let requests = 0;
    const flapping = await startLoopbackListener((_request, response) => {
      requests += 1;
      response.writeHead(503).end();
    });
    const url = `${flapping.origin}/mcp`;
    await run([], { others: { flapping: { type: 'http', url, required: false } } });
    await flapping.stop();

    expect(requests).toBe(1);
  });
});
