import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { developmentNames, makeDevelopmentToken } from '../../src/commands/development-token.js';
import { readSettings } from '../../src/config/env.js';

const dataDir = mkdtempSync(join(tmpdir(), 'development-token-'));
afterAll(() => {
  rmSync(dataDir, { recursive: true });
});

const wanted = { name: 'alice', ttlSeconds: 60, usage: 'usage: …', instead: 'go elsewhere.' };

describe('makeDevelopmentToken', () => {
  it('names everybody who exists', () => {
    expect(developmentNames).toBe('alice|bob|carol|dave');
  });

  it('names the setting that stands against it, and what to do instead', async () => {
    const settings = readSettings({ DATA_DIR: dataDir, AUTH_JWKS_URL: 'https://issuer/jwks' });

    await expect(makeDevelopmentToken(settings, wanted)).rejects.toThrow(
      'AUTH_JWKS_URL: names other keys, so a development token would be refused; go elsewhere.',
    );
  });

  it('shows the usage to whoever names nobody', async () => {
    const settings = readSettings({ DATA_DIR: dataDir });

    await expect(makeDevelopmentToken(settings, { ...wanted, name: 'toString' })).rejects.toThrow('usage: …');
  });
});
