import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { loadDevelopmentKeys } from '../../src/auth/development-keys.js';
import { createTokenVerifier } from '../../src/auth/token-verifier.js';

let folder = '';
let dataDir = '';
const file = () => join(dataDir, 'development-keys.json');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'development-keys-'));
  dataDir = join(folder, 'deep', 'data');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function claims() {
  const now = Math.floor(Date.now() / 1_000);
  return { iss: 'i', aud: 'a', sub: 'alice', iat: now, exp: now + 60 };
}

describe('loadDevelopmentKeys', () => {
  it('signs what its keys verify, as an access token with a key id', async () => {
    const { keys, sign } = await loadDevelopmentKeys(dataDir);
    const token = await sign(claims());
    const header: unknown = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());

    expect(header).toMatchObject({ alg: 'ES256', typ: 'at+jwt', kid: expect.stringMatching(/^dev-/) });
    await expect(
      createTokenVerifier({ issuer: 'i', audience: 'a', keys }).verify(toBearerToken(token)),
    ).resolves.toMatchObject({ subject: 'alice' });
  });

  it('keeps the file and its folder to the owner and leaves nothing beside it', async () => {
    await loadDevelopmentKeys(dataDir);

    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    expect(readdirSync(dataDir)).toEqual(['development-keys.json']);
  });

  it('uses the same keys the next time', async () => {
    const earlier = await loadDevelopmentKeys(dataDir);
    const later = await loadDevelopmentKeys(dataDir);
    const verifier = createTokenVerifier({ issuer: 'i', audience: 'a', keys: later.keys });

    await expect(verifier.verify(toBearerToken(await earlier.sign(claims())))).resolves.toBeDefined();
  });

  it('agrees on one set within a process that starts again and again before the first set is there', async () => {
    const loading: ReturnType<typeof loadDevelopmentKeys>[] = [];
    for (let start = 0; start < 20; start += 1) {
      loading.push(loadDevelopmentKeys(dataDir));
      await new Promise(setImmediate);
    }
    const loaded = await Promise.all(loading);
    const tokens = await Promise.all(loaded.map(({ sign }) => sign(claims())));

    expect(new Set(tokens.map((token) => token.split('.')[0])).size).toBe(1);
    expect(readdirSync(dataDir)).toEqual(['development-keys.json']);
  });

  it('agrees on one set between processes that start at once', async () => {
    const program = `
      import { loadDevelopmentKeys } from ${JSON.stringify(join(process.cwd(), 'src/auth/development-keys.ts'))};
      const { sign } = await loadDevelopmentKeys(${JSON.stringify(dataDir)});
      console.log((await sign({ sub: 'alice' })).split('.')[0]);`;
    const main = join(folder, 'load.mts');
    writeFileSync(main, program);
    const children = Array.from({ length: 3 }, () => spawn(process.execPath, ['--import', 'tsx', main]));
    const headers = await Promise.all(children.map(({ stdout }) => text(stdout)));

    expect(headers[0]).toMatch(/^eyJ/);
    expect(new Set(headers).size).toBe(1);
  });

  it('refuses a file that others may read', async () => {
    await loadDevelopmentKeys(dataDir);
    chmodSync(file(), 0o644);

    await expect(loadDevelopmentKeys(dataDir)).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      path: 'DATA_DIR',
      message: expect.stringContaining('chmod 600'),
    });
  });

  it.each([
    ['is empty', ''],
    ['is cut short', '{"keys":[{"kty":"EC","d":"canary'],
    ['holds no key', '{"keys":[]}'],
    ['holds a public key only', '{"keys":[{"kty":"EC","kid":"a","x":"a","y":"b"}]}'],
    [
      'holds numbers that are no key',
      '{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"a","y":"b","d":"canary"}]}',
    ],
  ])('says what to do with a file that %s', async (_title, content) => {
    await loadDevelopmentKeys(dataDir);
    writeFileSync(file(), content);

    const refused = expect.objectContaining({
      code: 'ERR_CONFIG',
      message: expect.stringContaining('delete it'),
    });
    await expect(loadDevelopmentKeys(dataDir)).rejects.toEqual(refused);
    await expect(loadDevelopmentKeys(dataDir)).rejects.not.toMatchObject({
      message: expect.stringContaining('canary'),
    });
    expect(readFileSync(file(), 'utf8')).toBe(content);
  });

  it('names the setting when the folder cannot be made', async () => {
    writeFileSync(join(folder, 'deep'), 'a file where a folder should be');

    await expect(loadDevelopmentKeys(dataDir)).rejects.toMatchObject({
      path: 'DATA_DIR',
      message: expect.stringContaining('name a writable folder'),
    });
  });
});
