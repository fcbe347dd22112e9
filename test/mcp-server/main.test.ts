import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { loadDevelopmentKeys } from '../../src/auth/development-keys.js';
import { mintDevelopmentToken } from '../../src/auth/development-principals.js';
import { listen } from '../../src/mcp-server/listen.js';
import { startChild, type Child } from '../support/child.js';
import { readResult } from '../support/platform-server.js';
import { createInput, makeFolder } from '../support/test-platform.js';

const audience = 'http://platform.test/mcp';
let folder: string;
const children: Child[] = [];

beforeEach(() => {
  folder = makeFolder();
});
afterEach(() => {
  for (const child of children.splice(0)) child.process.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function start(settings: Record<string, string> = {}, words: string[] = []): Child {
  const child = startChild('mcp-server/main.ts', words, {
    DATA_DIR: folder,
    PLATFORM_PORT: '0',
    PLATFORM_AUDIENCE: audience,
    ...settings,
  });
  children.push(child);
  return child;
}

async function connect(child: Child): Promise<Client> {
  const [, url = ''] = await child.said(/"url":"([^"]+)"/);
  const keys = await loadDevelopmentKeys(folder);
  const token = await mintDevelopmentToken(keys, {
    name: 'alice',
    issuer: 'http://localhost/dev',
    audiences: [audience],
    ttlSeconds: 600,
  });
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  const headers = { Authorization: `Bearer ${token}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return client;
}

describe('npm run platform', () => {
  it('loses nothing when it is killed, and starts again at once', async () => {
    const first = start();
    const client = await connect(first);
    const created = await client.callTool({ name: 'create_cloud_resource', arguments: createInput() });
    first.process.kill('SIGKILL');
    expect(await first.ended()).toBe('SIGKILL');

    const second = await connect(start());
    const { id } = readResult(created).value as { id: string };
    const read = await second.callTool({ name: 'get_cloud_resource_by_id', arguments: { resource_id: id } });
    expect(readResult(read).value).toMatchObject({ id, name: 'orders' });
    await second.close();
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends on %s with 0 and gives the folder back', async (signal) => {
    const child = start();
    await child.said(/platform\.listening/);
    child.process.kill(signal);
    expect(await child.ended()).toBe(0);
    expect(child.output.stdout).toBe('');
  });

  it('says in one sentence that the port is taken', async () => {
    const other = createServer();
    const { port } = await listen(other, '127.0.0.1', 0);
    const child = start({ PLATFORM_PORT: String(port) });
    expect(await child.ended()).toBe(1);
    expect(child.output.stderr).toBe(
      `PLATFORM_PORT: port ${String(port)} is taken; stop what listens there, or set another.\n`,
    );
    other.close();
  });

  it('says in one sentence that the folder is in use', async () => {
    const first = start();
    await first.said(/platform\.listening/);
    const second = start();
    expect(await second.ended()).toBe(1);
    expect(second.output.stderr).toMatch(/^DATA_DIR: another process is using .*\n$/);
  });

  it.each([[['--transport', 'sse']], [['--port', '1']]])(
    'refuses the words %j in one sentence',
    async (words) => {
      const child = start({}, words);
      expect(await child.ended()).toBe(1);
      expect(child.output.stderr.trim().split('\n')).toHaveLength(1);
    },
  );
});
