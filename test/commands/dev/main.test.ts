import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink, utimes } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAgentApi } from '../../support/agent-api.js';

const studio = { 'x-auth-scheme': 'langsmith', origin: 'https://smith.langchain.com' };
const ready = /Server running at/g;

/** A copy of the project: `langgraphjs dev` writes beside its langgraph.json and watches the sources. */
let project: string;
/** Ends what a test that failed on its way has left running. */
const leftovers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'dev-server-'));
  const copied = [
    'src',
    'policies',
    'langgraph.json',
    'mcp-servers.json',
    'package.json',
    'tsconfig.json',
    '.gitignore',
  ];
  for (const name of copied) await cp(name, join(project, name), { recursive: true });
  await symlink(join(process.cwd(), 'node_modules'), join(project, 'node_modules'));
});
afterEach(() => Promise.all(leftovers.splice(0).map((end) => end())));
afterAll(() => rm(project, { recursive: true, force: true }));

interface DevServer {
  readonly child: ChildProcess;
  readonly ended: Promise<readonly [number | null, NodeJS.Signals | null]>;
  readonly text: () => string;
  /** Resolves when the output holds this many matches, rejects when the process ends first. */
  until(pattern: RegExp, count?: number): Promise<void>;
}

function startDev(env: Readonly<Record<string, string>> = {}): DevServer {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/commands/dev/main.ts'], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      DATA_DIR: join(project, 'data'),
      MODEL: 'offline',
      PORT: '0',
      PLATFORM_PORT: '0',
      ...env,
    },
  });
  let text = '';
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => (text += part));
  const until = (pattern: RegExp, count = 1): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if ((text.match(pattern)?.length ?? 0) >= count) resolve();
      };
      child.stdout.on('data', look);
      void ended.then(() => {
        reject(new Error(text));
      });
      look();
    });
  leftovers.push(() => {
    child.kill('SIGTERM');
    return ended;
  });
  return { child, ended, text: () => text, until };
}

/** Touches a source until the watcher has seen it: it begins to look at a file only after the file was loaded. */
async function changeSource(dev: DevServer): Promise<void> {
  while (!dev.text().includes('Restarting')) {
    const now = new Date();
    await utimes(join(project, 'src/server/guard.ts'), now, now);
    await setTimeout(500);
  }
}

/** The processes whose command line names the copied project. */
async function readProcesses(): Promise<string[]> {
  const listing = spawn('ps', ['-eo', 'args'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  listing.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  await once(listing, 'close');
  return text.split('\n').filter((line) => line.includes(project));
}

describe('npm run dev', { timeout: 120_000 }, () => {
  it('serves Studio without signing in, starts anew when a source changes, and ends whole', async () => {
    const dev = startDev();
    await dev.until(ready);
    const [, url = ''] =
      /^Studio {8}https:\/\/smith\.langchain\.com\/studio\/\?baseUrl=(\S+)$/m.exec(dev.text()) ?? [];
    const api = createAgentApi(url);

    const created = await api.send('POST', '/threads', {}, studio);
    const thread = `/threads/${String(created.json.thread_id)}`;
    await changeSource(dev);
    await dev.until(ready, 2);
    const found = await api.send('GET', thread, undefined, studio);
    const status = await api.send('GET', '/mcp/status', undefined, studio);
    dev.child.kill('SIGTERM');

    expect(created.json.metadata.owner).toBe('http://localhost/dev|alice');
    expect(found.status).toBe(200);
    expect(status.json).toMatchObject({ principal: { subject: 'alice' }, servers: [{ state: 'up' }] });
    expect(await dev.ended).toEqual([0, null]);
    expect(dev.text()).toContain('npm run -s token -- alice');
    expect(dev.text()).not.toMatch(/another process is using|EADDRINUSE/);
    expect(await readProcesses()).toEqual([]);
    expect(await readFile(join(project, '.gitignore'), 'utf8')).toBe(await readFile('.gitignore', 'utf8'));
  });

  it('ends with a code of its own and leaves no process when the agent server is lost', async () => {
    const dev = startDev();
    await dev.until(ready);
    const pid = await findCli(dev.child.pid);
    expect((await readProcesses()).length).toBeGreaterThan(2);

    process.kill(pid, 'SIGKILL');

    expect(await dev.ended).toEqual([1, null]);
    expect(await readProcesses()).toEqual([]);
  });

  it('ends when its terminal is gone, and leaves no process', async () => {
    const dev = startDev();
    await dev.until(ready);

    dev.child.stdout?.destroy();
    dev.child.stderr?.destroy();
    dev.child.kill('SIGHUP');
    await once(dev.child, 'exit');

    expect(await readProcesses()).toEqual([]);
  });

  it('refuses a taken PORT and production, in one sentence', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const taken = startDev({ PORT: String((holder.address() as AddressInfo).port) });
    const production = startDev({ NODE_ENV: 'production', AUTH_JWKS_FILE: 'keys.json' });

    expect([await taken.ended, await production.ended]).toEqual([
      [1, null],
      [1, null],
    ]);
    holder.close();

    expect(taken.text()).toMatch(/^PORT: \d+ is taken by another process; [^\n]+\n$/);
    expect(production.text()).toMatch(/^NODE_ENV: is "production", [^\n]+\n$/);
  });
});

async function findCli(parent: number | undefined): Promise<number> {
  const listing = spawn('ps', ['-eo', 'pid,ppid,args'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  listing.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  await once(listing, 'close');
  const line = text.split('\n').find((row) => Number(row.trim().split(/\s+/)[1]) === parent);
  return Number(line?.trim().split(/\s+/)[0]);
}
