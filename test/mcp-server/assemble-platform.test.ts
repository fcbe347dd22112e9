import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadDevelopmentKeys } from '../../src/auth/development-keys.js';
import { mintDevelopmentToken } from '../../src/auth/development-principals.js';
import { readSettings } from '../../src/config/env.js';
import { toPlatformUrl } from '../../src/config/listening-ports.js';
import { silentLogger } from '../../src/logger.js';
import { assemblePlatform, platformDatabaseFile } from '../../src/mcp-server/assemble-platform.js';
import { makeFolder } from '../support/test-platform.js';

let folder: string;

beforeEach(() => {
  folder = join(makeFolder(), 'data');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const settings = () => readSettings({ DATA_DIR: folder, PLATFORM_PORT: '0' });

describe('assemblePlatform', () => {
  it('serves at a free port and demands the audience that holds that port', async () => {
    const assembled = await assemblePlatform(settings(), silentLogger);
    const { url, port } = await assembled.start();
    expect(url).toBe(toPlatformUrl(port));

    const keys = await loadDevelopmentKeys(folder);
    const ask = async (audience: string): Promise<number> => {
      const token = await mintDevelopmentToken(keys, {
        name: 'alice',
        issuer: 'http://localhost/dev',
        audiences: [audience],
        ttlSeconds: 60,
      });
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${token}`,
          'Content-Type': 'application/json',
          Accept: 'application/json, text/event-stream',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
      });
      await response.text();
      return response.status;
    };
    expect([await ask(url), await ask(toPlatformUrl(0)), await ask('graph-fleet')]).toEqual([200, 401, 401]);
    await assembled.close();
    await assembled.close();
    await expect(fetch(url)).rejects.toThrow();
  });

  it('keeps everything in the data folder, for its owner alone', async () => {
    const assembled = await assemblePlatform(settings(), silentLogger);
    await assembled.close();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const file of [platformDatabaseFile(folder), join(folder, 'platform-seal.key')])
      expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('leaves nothing open when a part is wrong', async () => {
    await (await assemblePlatform(settings(), silentLogger)).close();
    writeFileSync(join(folder, 'platform-seal.key'), 'no key');
    await expect(assemblePlatform(settings(), silentLogger)).rejects.toMatchObject({ code: 'ERR_CONFIG' });

    rmSync(join(folder, 'platform-seal.key'));
    await (await assemblePlatform(settings(), silentLogger)).close();
    expect(existsSync(join(folder, 'platform-seal.key'))).toBe(true);
  });
});
