import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { StdioMcpServerConfig } from '../../src/config/mcp-servers.js';
import { createLogger } from '../../src/logger.js';
import type { ClientPool, ClientPoolOptions } from '../../src/mcp-client/client-pool.js';
import { createClientPool } from '../../src/mcp-client/client-pool.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import { loadLiveTools } from '../support/load-live-tools.js';
import { isRunning, stdioServer } from '../support/stdio-server.js';
import type { Person } from '../support/test-platform.js';
import { callerFor } from '../support/test-platform.js';

// Children do not tell when they have ended: each test asks the system for the processes it knows of.
const pids = new Set<number>();
const pools: ClientPool[] = [];
const unhandled: unknown[] = [];
const noteUnhandled = (error: unknown): void => void unhandled.push(error);
let resources: readonly string[];

beforeEach(() => {
  resources = heldResources();
  process.on('unhandledRejection', noteUnhandled);
});

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
  process.off('unhandledRejection', noteUnhandled);
  expect(unhandled.splice(0)).toEqual([]);
  expect([...pids].filter(isRunning)).toEqual([]);
  pids.clear();
  expect(process.listeners('exit').filter(({ name }) => name === 'killAll')).toEqual([]);
  await vi.waitFor(() => {
    expect(heldResources()).toEqual(resources);
  });
});

/** What keeps or would keep a process busy: children, their pipes, sockets. */
function heldResources(): readonly string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => name === 'ProcessWrap' || name === 'TCPSocketWrap')
    .sort();
}

function createPool(options: ClientPoolOptions = {}) {
  const pool = createClientPool(options);
  pools.push(pool);
  const credentialFor = (person: Person) =>
    createCredential(toBearerToken(`token-of-${person}`), callerFor(person).principal);
  const load = async (server: StdioMcpServerConfig, person: Person = 'alice') => {
    const tools = await loadLiveTools({ server, credential: credentialFor(person), pool });
    return async (name: string, call: { isWrite?: boolean; signal?: AbortSignal } = {}) => {
      const tool = tools.find((each) => each.name === name)!;
      const { content } = await tool.call({}, { isWrite: false, ...call });
      return JSON.parse(content as string) as unknown;
    };
  };
  const start = async (server: StdioMcpServerConfig, person?: Person) => {
    const call = await load(server, person);
    const { pid, grandchild } = (await call('whoami')) as { pid: number; grandchild?: number };
    pids.add(pid);
    if (grandchild !== undefined) pids.add(grandchild);
    return { call, pid, grandchild };
  };
  return { pool, load, start };
}

function capture() {
  const lines: { event: string; line?: string; lines?: number }[] = [];
  const logger = createLogger({ format: 'json', write: (line) => lines.push(JSON.parse(line)) });
  return { logger, lines };
}

const unavailable = (server = 'local') => ({
  failure: {
    outcome: 'unavailable',
    message: `The server "${server}" cannot be reached now; nothing was changed. Try again in a moment.`,
  },
});

describe('F31 a stdio server', () => {
  it('that does not exist is unavailable', async () => {
    const { load, pool } = createPool();

    await expect(load(stdioServer([], { command: '/nowhere/no-such-server' }))).rejects.toMatchObject(
      unavailable(),
    );

    expect(pool.size()).toBe(0);
  });

  it('that exits at once is unavailable, and is not started over and over', async () => {
    let now = 0;
    const { load } = createPool({ clock: () => now });
    const server = stdioServer(['exits']);

    await expect(load(server)).rejects.toMatchObject(unavailable());
    await expect(load(server)).rejects.toMatchObject(unavailable());
    // The third start must wait: the server could be started now, and is not.
    const mended = { ...server, args: stdioServer().args };
    await expect(load(mended)).rejects.toMatchObject(unavailable());
    now = 1000;

    await expect(load(mended)).resolves.toBeDefined();
  });

  it('that exits at a request it does not know is spoken to in the older era', async () => {
    const { start } = createPool();

    const { call } = await start(stdioServer(['exits-on-unknown']));

    await expect(call('count')).resolves.toBe(1);
  });

  it('that is silent is unavailable within its connect timeout', async () => {
    const { load, pool } = createPool();

    await expect(load(stdioServer(['silent'], { connectTimeoutMs: 400 }))).rejects.toMatchObject(
      unavailable(),
    );

    expect(pool.size()).toBe(0);
  });

  it('that prints a banner, logs and garbage on stdout is understood', async () => {
    const { start } = createPool();

    const { call } = await start(stdioServer(['banner']));

    await expect(call('count')).resolves.toBe(1);
  });

  it.each([
    ['a read', false, 'unavailable'],
    ['a write', true, 'unknown-result'],
  ])('that crashes during %s fails the call at once and is started anew', async (_call, isWrite, outcome) => {
    const { start, pool } = createPool();
    const server = stdioServer([], { callTimeoutMs: 600_000 });
    const { call, pid } = await start(server);

    await expect(call('crash', { isWrite })).rejects.toMatchObject({ failure: { outcome } });
    expect(pool.size()).toBe(0);

    const again = await start(server);
    expect(again.pid).not.toBe(pid);
  });

  it('that crashes when nobody calls is started anew for the next call', async () => {
    const { start, pool } = createPool();
    const { call, pid } = await start(stdioServer());

    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => {
      expect(pool.size()).toBe(0);
    });

    await expect(call('count')).resolves.toBe(1);
  });

  it('that sends a line of more than 10 MiB is ended, and its call fails at once', async () => {
    const { start } = createPool();
    const { call } = await start(stdioServer([], { callTimeoutMs: 600_000 }));

    await expect(call('huge')).rejects.toMatchObject(unavailable());
    await expect(call('count')).resolves.toBe(1);
  });

  it('that ignores the end of its input and SIGTERM is killed', async () => {
    const { start, pool } = createPool();
    const { pid } = await start(stdioServer(['ignores-sigterm']));

    await pool.close();

    expect(isRunning(pid)).toBe(false);
  }, 20_000);

  it('that floods stderr is answered, and the log keeps its first lines and a count', async () => {
    const { logger, lines } = capture();
    const { start, pool } = createPool({ logger });
    const { call } = await start(stdioServer());

    await expect(call('flood')).resolves.toEqual({ flooded: true });
    await pool.close();

    expect(lines.filter(({ event }) => event === 'mcp.server.stderr')).toHaveLength(100);
    expect(lines.at(-1)).toMatchObject({ event: 'mcp.server.stderr-cut', lines: 19_900 });
  });

  it('leaves nothing that it started and that holds its output, ended or crashed', async () => {
    const { start, pool } = createPool();
    const crashed = await start(stdioServer(['grandchild'], { callTimeoutMs: 600_000 }));
    await expect(crashed.call('crash')).rejects.toMatchObject(unavailable());
    const closed = await start(stdioServer(['grandchild']));

    await pool.close();

    await vi.waitFor(() => {
      expect([crashed.grandchild!, closed.grandchild!].filter(isRunning)).toEqual([]);
    });
  });

  it('goes on after a call was stopped, with what it remembers', async () => {
    const { start } = createPool();
    const { call } = await start(stdioServer());
    await call('count');
    const stop = new AbortController();

    const hanging = call('hang', { signal: stop.signal });
    stop.abort();

    await expect(hanging).rejects.toThrow();
    await expect(call('count')).resolves.toBe(2);
  });
});

describe('the process of a stdio server', () => {
  it('is one for each person', async () => {
    const { start } = createPool();
    const [alice, again, bob] = [
      await start(stdioServer(), 'alice'),
      await start(stdioServer(), 'alice'),
      await start(stdioServer(), 'bob'),
    ];

    expect(again.pid).toBe(alice.pid);
    expect(bob.pid).not.toBe(alice.pid);
  });

  it('is one for all where that is declared', async () => {
    const { start, pool } = createPool();
    const server = stdioServer([], { shared: true });

    const people = await Promise.all([start(server, 'alice'), start(server, 'bob')]);

    expect(people[0].pid).toBe(people[1].pid);
    expect(pool.size()).toBe(1);
  });

  it('gets a short list of variables and what is configured, and no person’s token', async () => {
    vi.stubEnv('UNLISTED_SECRET', 'not-for-children');
    const { start } = createPool();
    const auth = { mode: 'headers', headers: { API_KEY: 'key-of-the-server' } };

    const { call } = await start(stdioServer([], { env: { REGION: 'eu' }, auth }));

    const given = (await call('environment')) as Record<string, string>;
    expect(given).toMatchObject({ PATH: process.env['PATH'], REGION: 'eu', API_KEY: '[redacted]' });
    const allowed = ['HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER', 'REGION', 'API_KEY'];
    expect(Object.keys(given).filter((name) => !allowed.includes(name))).toEqual([]);
    expect(JSON.stringify(given)).not.toContain('token-of');
    vi.unstubAllEnvs();
  });

  it('shows nobody the secret of its environment, in an answer or in the log', async () => {
    const { logger, lines } = capture();
    const { start, pool } = createPool({ logger });
    const auth = { mode: 'headers', headers: { API_KEY: 'key-of-the-server' } };
    const { call } = await start(stdioServer([], { auth }));

    await expect(call('secret')).resolves.toEqual({ key: '[redacted]' });
    await pool.close();

    expect(lines).toMatchObject([{ event: 'mcp.server.stderr', line: 'the key is [redacted]' }]);
  });

  it('is stopped when it was idle, and the one idle longest when there are too many', async () => {
    const { start, pool } = createPool({ maxProcesses: 1 });
    const alice = await start(stdioServer(), 'alice');

    await start(stdioServer(), 'bob');

    expect(pool.size()).toBe(1);
    await vi.waitFor(() => {
      expect(isRunning(alice.pid)).toBe(false);
    });
  });
});
