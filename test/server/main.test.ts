import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteFile } from '../../src/database/sqlite-file.js';
import { runAgentServer, startAgentServer } from '../support/agent-server.js';

const hasIpv6 = Object.values(networkInterfaces()).some((each) =>
  each?.some(({ address }) => address === '::1'),
);
const ipv6: readonly [string, string][] = hasIpv6 ? [['::1', '[::1]']] : [];
const hosts: readonly [string, string][] = [['0.0.0.0', '127.0.0.1'], ...ipv6];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'server-start-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function withTakenPort(work: (port: number) => Promise<void>): Promise<void> {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  await work((holder.address() as AddressInfo).port);
  await new Promise((resolve) => holder.close(resolve));
}

describe.concurrent('npm start', () => {
  it.each([
    ['LOG_LEVEL', { LOG_LEVEL: 'loud' }],
    ['MODEL', { MODEL: 'gpt' }],
    ['PORT', { PORT: '70000' }],
    ['ALLOWED_HOSTS', { HOST: '0.0.0.0' }],
    ['STUDIO_USER', { STUDIO_USER: 'mallory' }],
    ['MCP_SERVERS_FILE', { MCP_SERVERS_FILE: '/nowhere/mcp-servers.json' }],
  ])('ends with one sentence that names a wrong %s', async (name, env) => {
    const dataDir = await mkdtemp(join(folder, 'setting-'));

    const { code, stderr } = await runAgentServer(dataDir, env);

    expect(code).toBe(1);
    expect(lines(stderr)).toEqual([expect.stringMatching(new RegExp(`^${name}: `))]);
  });

  it('ends with one sentence that names PORT when it is taken, and leaves nothing running', async () => {
    const dataDir = await mkdtemp(join(folder, 'port-'));

    await withTakenPort(async (port) => {
      const { code, stderr } = await runAgentServer(dataDir, { PORT: String(port) });

      expect(code).toBe(1);
      expect(lines(stderr)).toEqual([
        `PORT: ${String(port)} is taken by another process; stop it, or set PORT to a free port.`,
      ]);
    });
    // Every database was given back.
    openSqliteFile(join(dataDir, 'agent.db')).close();
    openSqliteFile(join(dataDir, 'platform.db')).close();
    openSqliteFile(join(dataDir, 'records.db')).close();
  });

  it('ends with one sentence that names PLATFORM_PORT when it is taken', async () => {
    const dataDir = await mkdtemp(join(folder, 'platform-'));

    await withTakenPort(async (port) => {
      const { code, stderr } = await runAgentServer(dataDir, { PLATFORM_PORT: String(port) });

      expect(code).toBe(1);
      expect(lines(stderr)).toEqual([expect.stringMatching(/^PLATFORM_PORT: port \d+ is taken; /)]);
    });
  });

  it.each(['agent.db', 'platform.db', 'records.db'])(
    'ends with one sentence that names DATA_DIR when %s is held',
    async (file) => {
      const dataDir = await mkdtemp(join(folder, 'locked-'));
      const held = openSqliteFile(join(dataDir, file));

      const { code, stderr } = await runAgentServer(dataDir, {});

      expect(code).toBe(1);
      expect(lines(stderr)).toEqual([expect.stringMatching(/^DATA_DIR: another process is using /)]);
      held.close();
    },
  );

  it.each(['agent.db', 'platform.db', 'records.db'])(
    'ends with one sentence that names DATA_DIR when %s is no database',
    async (file) => {
      const dataDir = await mkdtemp(join(folder, 'garbage-'));
      await writeFile(join(dataDir, file), 'no database '.repeat(1000));

      const { code, stderr } = await runAgentServer(dataDir, {});

      expect(code).toBe(1);
      expect(lines(stderr)).toEqual([expect.stringMatching(/^DATA_DIR: the database .* cannot be used/)]);
    },
  );

  it('ends with one sentence that names DATA_DIR when it cannot be written', async () => {
    const dataDir = await mkdtemp(join(folder, 'file-'));
    await writeFile(join(dataDir, 'file'), '');

    const { code, stderr } = await runAgentServer(dataDir, { DATA_DIR: join(dataDir, 'file', 'data') });

    expect(code).toBe(1);
    expect(lines(stderr)).toEqual([expect.stringMatching(/^DATA_DIR: .* cannot be written \(ENOTDIR\)/)]);
  });

  it('prints where everything is, and ends in order at SIGTERM', async () => {
    const server = await startAgentServer();

    const ended = await server.stop();

    expect([ended.code, ended.signal]).toEqual([0, null]);
    expect(ended.stdout).toMatch(/^agent server {2}http:\/\/127\.0\.0\.1:\d+$/m);
    expect(ended.stdout).toMatch(/^platform MCP {2}http:\/\/127\.0\.0\.1:\d+\/mcp$/m);
    expect(ended.stdout).toMatch(/^a token {7}npm run -s token -- alice$/m);
    await server.remove();
  });

  it.each(hosts)(
    'serves both of its servers with HOST=%s, and reaches one from the other',
    async (HOST, host) => {
      const server = await startAgentServer({ env: { HOST, ALLOWED_HOSTS: 'agents.example.com' } });
      const headers = { authorization: `Bearer ${await server.token('alice')}` };

      const answer = await fetch(`${server.url()}/mcp/status`, { headers });

      expect(await answer.json()).toMatchObject({ servers: [{ state: 'up' }] });
      expect([server.url(), server.platformUrl()].map((url) => new URL(url).hostname)).toEqual([host, host]);
      await server.remove();
    },
  );
});

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
