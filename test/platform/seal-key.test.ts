import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSealKey } from '../../src/platform/seal-key.js';
import { makeFolder } from '../support/test-platform.js';

const module = join(import.meta.dirname, '../../src/platform/seal-key.ts');
let folder: string;
let file: string;

beforeEach(() => {
  folder = makeFolder();
  file = join(folder, 'data', 'seal.key');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('loadSealKey', () => {
  it('makes a key that only its owner may read, and reads the same one again', () => {
    const key = loadSealKey(file);
    expect(key).toHaveLength(32);
    expect(loadSealKey(file)).toEqual(key);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'data'))).toEqual(['seal.key']);
  });

  it('gives one key to processes that start together', async () => {
    const text = `import { loadSealKey } from ${JSON.stringify(module)}; process.stdout.write(loadSealKey(${JSON.stringify(file)}).toString('hex'));`;
    const run = async (): Promise<string> => {
      const child = spawn('node', ['--import', 'tsx', '--input-type=module', '-e', text], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const chunks: string[] = [];
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
      await once(child, 'close');
      return chunks.join('');
    };

    expect(new Set(await Promise.all([run(), run(), run()]))).toEqual(
      new Set([loadSealKey(file).toString('hex')]),
    );
  });

  it('refuses a file that is no key instead of making another one', () => {
    loadSealKey(file);
    writeFileSync(file, 'short');
    expect(() => loadSealKey(file)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', path: file }));
  });
});
