import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { toBearerToken } from '../../../src/auth/bearer-token.js';
import { selectVerificationKeys } from '../../../src/auth/select-verification-keys.js';
import { createTokenVerifier } from '../../../src/auth/token-verifier.js';

const folder = mkdtempSync(join(tmpdir(), 'token-command-'));
const dataDir = join(folder, 'data');
const repository = process.cwd();

afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function runToken(words: readonly string[], env: Record<string, string> = {}) {
  const tsx = join(repository, 'node_modules/tsx/dist/loader.mjs');
  const main = join(repository, 'src/commands/token/main.ts');
  const child = spawn(process.execPath, ['--import', tsx, main, ...words], {
    cwd: folder,
    env: { PATH: process.env.PATH, DATA_DIR: dataDir, ...env },
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { stdout, stderr, code: Number(code) };
}

async function verify(token: string, audience: string) {
  const keys = await selectVerificationKeys({ dataDir });
  return createTokenVerifier({ issuer: 'http://localhost/dev', audience, keys }).verify(
    toBearerToken(token.trim()),
  );
}

describe('the token command', () => {
  it('prints one token for both audiences on stdout and nothing else', async () => {
    const { stdout, stderr, code } = await runToken(['alice']);

    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const principal = await verify(stdout, 'graph-fleet');
    expect(principal).toMatchObject({ subject: 'alice', organization: 'acme', scopes: ['platform'] });
    expect(principal.audiences).toEqual(['graph-fleet', 'http://127.0.0.1:8090/mcp']);
    expect(principal.expiresAt - Date.now() / 1_000).toBeGreaterThan(3_500);
  });

  it('takes a life and one audience instead of both', async () => {
    const { stdout } = await runToken(['carol', '--ttl', '60', '--audience', 'https://other/mcp']);
    const principal = await verify(stdout, 'https://other/mcp');

    expect(principal).toMatchObject({
      subject: 'carol',
      organization: 'globex',
      audiences: ['https://other/mcp'],
    });
    expect(principal.expiresAt - Date.now() / 1_000).toBeLessThanOrEqual(60);
  });

  it.each([
    ['no name', [], {}, 'alice|bob|carol|dave'],
    ['an unknown name', ['eve'], {}, 'alice|bob|carol|dave'],
    ['a member of every object', ['toString'], {}, 'alice|bob|carol|dave'],
    ['two names', ['alice', 'bob'], {}, 'usage'],
    ['an unknown option', ['alice', '--admin'], {}, 'usage'],
    ['an empty audience', ['alice', '--audience', ''], {}, 'usage'],
    ['a life of nothing', ['alice', '--ttl', '0'], {}, '1 to 86400'],
    ['a life in words', ['alice', '--ttl', '1h'], {}, '1 to 86400'],
    ['a key server', ['alice'], { AUTH_JWKS_URL: 'https://issuer/jwks' }, 'AUTH_JWKS_URL'],
    ['a key file', ['alice'], { AUTH_JWKS_FILE: 'jwks.json' }, 'AUTH_JWKS_FILE'],
    ['production', ['alice'], { NODE_ENV: 'production' }, 'AUTH_JWKS_URL'],
    ['a wrong setting', ['alice'], { PORT: 'x' }, 'PORT'],
  ])('refuses %s in one sentence, with exit code 2', async (_title, words, env, named) => {
    const { stdout, stderr, code } = await runToken(words, env);

    expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
    expect(stderr).toContain(named);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('reads .env in the working folder', async () => {
    writeFileSync(join(folder, '.env'), 'AUTH_AUDIENCE=from-file\nAUTH_ISSUER=http://localhost/dev\n');
    const { stdout } = await runToken(['bob']);
    rmSync(join(folder, '.env'));

    await expect(verify(stdout, 'from-file')).resolves.toMatchObject({ subject: 'bob' });
  });
});
