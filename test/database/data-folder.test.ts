import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requireDataFolder } from '../../src/database/data-folder.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'data-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('requireDataFolder', () => {
  it('makes the folder for its owner alone, and leaves nothing in it', () => {
    const made = join(folder, 'a', 'b');

    requireDataFolder(made);
    requireDataFolder(made);

    expect(statSync(made).mode & 0o777).toBe(0o700);
    expect(readdirSync(made)).toEqual([]);
  });

  it('says in one sentence that the folder cannot be written, and why', () => {
    writeFileSync(join(folder, 'file'), '');

    expect(() => requireDataFolder(join(folder, 'file', 'data'))).toThrow(
      expect.objectContaining({ path: 'DATA_DIR', message: expect.stringContaining('(ENOTDIR)') as string }),
    );
  });

  it.runIf(existsSync('/proc/self'))('ends at a place where no folder can be made', () => {
    expect(() => requireDataFolder('/proc/graph-fleet/data')).toThrow(/^DATA_DIR: .*cannot be written/);
  });
});
