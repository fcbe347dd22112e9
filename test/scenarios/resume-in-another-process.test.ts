import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChildOutcome, ChildRun } from '../support/child-run.js';
import type { McpTestServer } from '../../src/testing/mcp-test-server.js';
import { startMcpTestServer } from '../../src/testing/mcp-test-server.js';
import { agentAudience, secretPassword, testTools } from '../support/test-agent.js';
import type { TokenIssuer } from '../../src/testing/token-issuer.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

const script = join(import.meta.dirname, '../support/child-run.ts');

let folder: string;
let server: McpTestServer;
let issuer: TokenIssuer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'graph-fleet-resume-'));
  server = await startMcpTestServer(testTools);
  issuer = createTokenIssuer([agentAudience, server.url]);
});

afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function runChild(
  action: ChildRun['action'],
  token: string,
  more: Partial<ChildRun> = {},
): Promise<ChildOutcome | { readonly died: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    env: { PATH: process.env['PATH'], DEBUG: '*', NODE_NO_WARNINGS: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { issuer: iss, jwks } = issuer;
  const run: ChildRun = {
    file: join(folder, 'threads.db'),
    serverUrl: server.url,
    issuer: { issuer: iss, jwks },
    threadId: 'thread-1',
    token,
    action,
    ...more,
  };
  child.stdin.end(JSON.stringify(run));
  const exit = new Promise<string | number>((resolve) => {
    child.on('close', (code, signal) => resolve(signal ?? code ?? 0));
  });
  const [out, log, ended] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  expect(log).not.toContain(token.slice(0, 30));
  expect(log).not.toContain(secretPassword);
  if (ended !== 0) return { died: `${String(ended)} ${log.slice(-600)}` };
  // The child's own outcome.
  return JSON.parse(out) as ChildOutcome;
}

function filesText(): string {
  return readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), 'latin1'))
    .join('\n');
}

const approve = { resume: { decisions: [{ type: 'approve' }] } };

describe('an approval in another process', () => {
  it('is asked in one, given in the next, and the call carries the resuming token', async () => {
    const first = issuer.token('alice', { jti: 'asking' });
    const second = issuer.token('alice', { jti: 'resuming' });

    expect(await runChild({ say: 'make it' }, first)).toMatchObject({ asked: true });
    expect(await runChild(approve, second)).toEqual({ asked: false, last: 'done' });

    expect(server.calls).toHaveLength(1);
    expect(server.calls[0]).toMatchObject({
      tokenId: 'resuming',
      args: { name: 'a', password: secretPassword },
    });
    expect(filesText()).not.toContain(secretPassword);
    for (const token of [first, second]) expect(filesText()).not.toContain(token.split('.')[2]);
  });

  it('stays open after a malformed answer in a process of its own', async () => {
    await runChild({ say: 'make it' }, issuer.token('alice'));

    expect(await runChild({ resume: 'yes' }, issuer.token('alice'))).toMatchObject({ asked: true });
    expect(await runChild(approve, issuer.token('alice'))).toEqual({ asked: false, last: 'done' });

    expect(server.calls).toHaveLength(1);
  });

  it('is not given by another person, in a process that never saw the thread', async () => {
    await runChild({ say: 'make it' }, issuer.token('alice'));

    expect(await runChild(approve, issuer.token('mallory'))).toMatchObject({
      died: expect.stringContaining('ERR_PRINCIPAL_MISMATCH'),
    });
    expect(await runChild('go-on', issuer.token('alice'))).toMatchObject({ asked: true });

    expect(server.calls).toEqual([]);
  });

  it('that was recorded by a process which died goes on in the next, and the call is made once', async () => {
    await runChild({ say: 'make it' }, issuer.token('alice'));

    const killed = await runChild(approve, issuer.token('alice'), { dieAtCheckpoint: true });
    const calls = server.calls.length;
    const after = await runChild('go-on', issuer.token('alice'));

    expect(killed).toMatchObject({ died: expect.stringContaining('SIGKILL') });
    expect(calls).toBe(0);
    expect(after).toEqual({ asked: false, last: 'done' });
    expect(server.calls).toHaveLength(1);
  });
});
