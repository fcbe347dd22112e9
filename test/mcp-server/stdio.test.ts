import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { loadDevelopmentKeys } from '../../src/auth/development-keys.js';
import {
  mintDevelopmentToken,
  type DevelopmentPrincipalName,
} from '../../src/auth/development-principals.js';
import type { TokenVerifier } from '../../src/auth/token-verifier.js';
import { cloudResource } from '../../src/contracts/cloud-resource-tools.js';
import { idempotencyKeyName } from '../../src/contracts/idempotency-key.js';
import { TokenInvalidError } from '../../src/errors.js';
import { silentLogger } from '../../src/logger.js';
import { startPlatformStdio } from '../../src/mcp-server/stdio.js';
import { startChild } from '../support/child.js';
import { readResult, type Era } from '../support/platform-server.js';
import { callerFor, createInput, makeFolder, openTestPlatform } from '../support/test-platform.js';

const audience = 'http://platform.test/mcp';
const progressParams = z.object({ message: z.string().optional() });
const root = join(import.meta.dirname, '../..');
let folder: string;

beforeEach(() => {
  folder = makeFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function settingsFor(name: DevelopmentPrincipalName): Promise<Record<string, string>> {
  const keys = await loadDevelopmentKeys(folder);
  const token = await mintDevelopmentToken(keys, {
    name,
    issuer: 'http://localhost/dev',
    audiences: [audience],
    ttlSeconds: 600,
  });
  return { DATA_DIR: folder, PLATFORM_AUDIENCE: audience, PLATFORM_TOKEN: token, LOG_FORMAT: 'json' };
}

interface Connection {
  readonly client: Client;
  /**
   * The messages of the progress notifications, read off the wire: the SDK's client drops a notification that
   * arrives in one chunk with the answer, because it queues the one and takes the other at once.
   */
  readonly progress: (string | undefined)[];
}

async function connect(name: DevelopmentPrincipalName, era: Era): Promise<Connection> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: era } });
  const args = ['--import', 'tsx', 'src/mcp-server/main.ts', '--transport', 'stdio'];
  const env = { ...(await settingsFor(name)), PATH: process.env['PATH'] ?? '' };
  const stdio = new StdioClientTransport({ command: process.execPath, args, cwd: root, env, stderr: 'pipe' });
  await client.connect(stdio);
  const progress: (string | undefined)[] = [];
  const receive = stdio.onmessage;
  stdio.onmessage = (message) => {
    if ('method' in message && message.method === 'notifications/progress')
      progress.push(progressParams.parse(message.params).message);
    receive?.(message);
  };
  return { client, progress };
}

describe('the platform over stdio', () => {
  it.each(['auto', 'legacy'] as const)('acts as the person whose token was given, %s era', async (era) => {
    const { client } = await connect('dave', era);
    expect((await client.listTools()).tools).toHaveLength(6);
    const refused = readResult(
      await client.callTool({ name: 'create_cloud_resource', arguments: createInput() }),
    );
    expect(refused).toMatchObject({ isError: true, value: { error: 'PERMISSION_DENIED' } });
    await client.close();
  });

  it.each(['auto', 'legacy'] as const)(
    'makes one resource of two calls with one idempotency key, %s era',
    async (era) => {
      const { client } = await connect('alice', era);
      const _meta = { [idempotencyKeyName]: 'key-1' };
      const create = async () =>
        readResult(await client.callTool({ name: 'create_cloud_resource', arguments: createInput(), _meta }));

      const [first, again] = [await create(), await create()];

      expect(again).toMatchObject({ isError: false, value: { id: cloudResource.parse(first.value).id } });
      await client.close();
    },
  );

  it('tells of each state, and names no address for credentials', async () => {
    const { client, progress } = await connect('alice', 'auto');
    const result = await client.callTool(
      { name: 'create_cloud_resource', arguments: createInput() },
      { onprogress: () => undefined },
    );
    expect(progress).toEqual(['pending', 'creating', 'available']);
    expect(readResult(result).value).not.toHaveProperty('credentials_url');
    await client.close();
  });

  it('writes nothing but JSON-RPC to stdout, and ends when stdin does', async () => {
    const child = startChild('mcp-server/main.ts', ['--transport', 'stdio'], {
      ...(await settingsFor('alice')),
      LOG_LEVEL: 'debug',
    });
    child.process.stdin.write('{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}\n');
    await new Promise((resolve) => child.process.stdout.once('data', resolve));
    child.process.stdin.end();

    expect(await child.ended()).toBe(0);
    for (const line of child.output.stdout.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' });
    expect(child.output.stderr).toContain('platform.stopping');
  });

  it.each(['', 'rubbish', 'eyJhbGciOiJub25lIn0.e30.'])(
    'does not start with the token %j, and says why',
    async (token) => {
      const child = startChild('mcp-server/main.ts', ['--transport', 'stdio'], {
        ...(await settingsFor('alice')),
        PLATFORM_TOKEN: token,
      });
      expect(await child.ended()).toBe(1);
      expect(child.output.stderr).toMatch(/^PLATFORM_TOKEN: Sign in.*\n$/);
      expect(child.output.stdout).toBe('');
    },
  );
});

describe('startPlatformStdio', () => {
  it('verifies the token again for each request, and refuses one that lacks the scope', async () => {
    const test = await openTestPlatform();
    const options = { platform: test.platform, logger: silentLogger, token: 'token' };
    const expired: TokenVerifier = { verify: () => Promise.reject(new TokenInvalidError('expired')) };
    const narrow: TokenVerifier = {
      verify: () => Promise.resolve(callerFor('alice', { scopes: [] }).principal),
    };

    await expect(startPlatformStdio({ ...options, verifier: expired })).rejects.toMatchObject({
      path: 'PLATFORM_TOKEN',
    });
    await expect(startPlatformStdio({ ...options, verifier: narrow })).rejects.toThrow(/lacks the scope/);
    expect(toBearerToken('token').reveal()).toBe('token');
    await test.close();
  });
});
