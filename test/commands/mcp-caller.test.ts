import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readCallerArguments, readCallerToken } from '../../src/commands/mcp-caller.js';
import { readSettings } from '../../src/config/env.js';

const folder = mkdtempSync(join(tmpdir(), 'mcp-caller-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const settingsWith = (env: Record<string, string> = {}) => readSettings({ DATA_DIR: folder, ...env });

function fileOf(text: string): string {
  const file = join(folder, randomUUID());
  writeFileSync(file, text);
  return file;
}

describe('readCallerArguments', () => {
  it('takes alice where nobody is named', () => {
    expect(readCallerArguments('mcp:status', [])).toMatchObject({ name: 'alice', json: false });
  });

  it('takes a name, a file for the token, stdin for it, and JSON', () => {
    expect(readCallerArguments('mcp:check', ['bob', '--json'])).toMatchObject({ name: 'bob', json: true });
    expect(readCallerArguments('mcp:check', ['--token-file', './a'])).toMatchObject({ tokenFile: './a' });
    expect(readCallerArguments('mcp:check', ['--token-file', '-'])).toMatchObject({ tokenFile: '-' });
  });

  it.each([
    ['two names', ['alice', 'bob']],
    ['a name beside a token', ['alice', '--token-file', './a']],
    ['no file', ['--token-file', '']],
    ['an unknown option', ['--token', 'x']],
  ])('refuses %s with the usage', (_title, words) => {
    expect(() => readCallerArguments('mcp:check', words)).toThrow('usage: npm run mcp:check -- [alice|bob|');
  });
});

describe('readCallerToken', () => {
  it('makes a development principal’s token', async () => {
    const token = await readCallerToken(readCallerArguments('mcp:status', ['carol']), settingsWith());
    const [, claims = ''] = token.reveal().split('.');

    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      sub: 'carol',
      aud: ['graph-fleet', 'http://127.0.0.1:8090/mcp'],
    });
  });

  it('reads a token from a file, with a line end or without', async () => {
    const caller = readCallerArguments('mcp:status', ['--token-file', fileOf('aa.bb.cc\n')]);

    expect((await readCallerToken(caller, settingsWith())).reveal()).toBe('aa.bb.cc');
  });

  it('refuses development principals where other keys verify', async () => {
    const settings = settingsWith({ AUTH_JWKS_FILE: 'jwks.json' });

    await expect(readCallerToken(readCallerArguments('mcp:status', []), settings)).rejects.toThrow(
      'AUTH_JWKS_FILE: names other keys, so a development token would be refused; give one from your issuer with --token-file.',
    );
  });

  it.each([
    ['an unknown name', ['eve'], 'there is no such development principal'],
    ['a file that is not there', ['--token-file', join(folder, 'nothing')], '--token-file: cannot be read'],
    ['an empty file', ['--token-file', fileOf('\n')], '--token-file: holds no token'],
  ])('refuses %s', async (_title, words, sentence) => {
    await expect(readCallerToken(readCallerArguments('mcp:check', words), settingsWith())).rejects.toThrow(
      sentence,
    );
  });

  it('shows nothing of a text that is no token', async () => {
    const caller = readCallerArguments('mcp:status', ['--token-file', fileOf('my secret words')]);
    const refusal = await readCallerToken(caller, settingsWith()).catch((error: unknown) => error);

    expect(String(refusal)).not.toContain('secret');
    expect(JSON.stringify(refusal)).not.toContain('secret');
  });
});
