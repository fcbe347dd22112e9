import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { McpTestServer } from '../../src/testing/mcp-test-server.js';
import { startMcpTestServer } from '../../src/testing/mcp-test-server.js';
import { textResult } from '../../src/testing/test-tool.js';
import type { AgentApi, ApiAnswer } from '../support/agent-api.js';
import { createAgentApi, lastText } from '../support/agent-api.js';
import type { ProcessEnd, TestAgentServer } from '../support/agent-server.js';
import { startAgentServer } from '../support/agent-server.js';
import { isRunning, stdioServerFile } from '../support/stdio-server.js';
import { makeFolder } from '../support/test-platform.js';

const question = 'which organizations are there?';
const tool = 'list_organizations';

let platform: McpTestServer;
let server: TestAgentServer;
let alice: AgentApi;
let pidFile: string;

/** Starts a server that keeps sessions, one process with these faults for each person, and the agent server over both. */
async function start(...faults: readonly string[]): Promise<void> {
  const run = () => textResult([{ id: 'org_1', slug: 'acme', name: 'Acme' }]);
  platform = await startMcpTestServer({ [tool]: { run } }, { sessions: true });
  const dataDir = makeFolder();
  pidFile = join(dataDir, 'pids');
  const file = join(dataDir, 'mcp-servers.json');
  // The shell tells the number of the process and becomes it.
  const script = 'echo $$ >> "$1"; shift; exec "$@"';
  const args = ['-c', script, 'sh', pidFile, process.execPath, stdioServerFile, ...faults];
  const mcpServers = {
    'cloud-platform': { type: 'http', url: platform.url, auth: { mode: 'forward' } },
    local: { type: 'stdio', command: 'sh', args, required: false },
  };
  await writeFile(file, JSON.stringify({ mcpServers }));
  server = await startAgentServer({ dataDir, env: { MCP_SERVERS_FILE: file } });
  await enter();
}

afterEach(async () => {
  await server.remove();
  await platform.close();
});

async function enter(): Promise<void> {
  const audiences = ['graph-fleet', platform.url];
  alice = createAgentApi(server.url(), await server.token('alice', { audiences }));
}

const readPids = async (): Promise<number[]> =>
  (await readFile(pidFile, 'utf8')).trim().split('\n').map(Number);

/** Asks on a new thread, and waits until the call of that run is on its way. */
async function beginCall() {
  const threadId = await alice.thread();
  const call = platform.hold(tool);
  // The run’s end, whichever it is: a stopping server may cut the connection.
  const answer = alice.say(threadId, question).catch((): ApiAnswer | undefined => undefined);
  await call.reached;
  return { threadId, call, answer };
}

async function expectNothingLeft({ code, signal }: ProcessEnd): Promise<void> {
  expect([code, signal]).toEqual([0, null]);
  expect(platform.liveSessions()).toEqual([]);
  expect((await readPids()).filter(isRunning)).toEqual([]);
}

describe('F30 a server that is told to stop while two calls are on their way', () => {
  it('lets them end, keeps what came of them, ends their sessions and its processes', async () => {
    await start('ignores-sigterm');
    const runs = [await beginCall(), await beginCall()];
    expect(platform.liveSessions()).toHaveLength(2);
    expect((await readPids()).some(isRunning)).toBe(true);

    const stopping = server.stop();
    await vi.waitFor(() => expect(server.output()).toContain('server.stopping'), { timeout: 60_000 });
    for (const { call } of runs) call.release();
    const ended = await stopping;

    await expectNothingLeft(ended);
    expect(platform.count('DELETE')).toBe(2);
    expect(ended.stderr).not.toContain('server.runs.cut');
    await server.start();
    await enter();
    for (const { threadId, answer } of runs) {
      const { json } = await alice.send('GET', `/threads/${threadId}/state`);
      expect(json.values.messages.at(-1).content).toContain('acme');
      const told = await answer;
      if (told !== undefined) expect(lastText(told)).toContain('acme');
    }
  });

  it('cuts them after ten seconds, ends their sessions and its processes, and their threads go on', async () => {
    await start();
    const runs = [await beginCall(), await beginCall()];

    const ended = await server.stop();

    await expectNothingLeft(ended);
    expect(ended.stderr).toContain('"event":"server.runs.cut","waitedMs":10000');
    for (const { answer } of runs) await answer;
    await server.start();
    await enter();
    for (const { threadId } of runs) {
      const { json } = await alice.send('GET', `/threads/${threadId}/runs`);
      // One that still stood as running would keep every other from its thread.
      expect(json.map(({ status }: { status: string }) => status)).toEqual(['success']);
      expect(lastText(await alice.say(threadId, question))).toContain('acme');
    }
  });
});
