import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDirectoryFile } from '../../src/platform/directory-file.js';
import { makeFolder, policiesFolder } from '../support/test-platform.js';

const roles = ['developer', 'viewer', 'auditor'];
const shipped = readFileSync(join(policiesFolder, 'directory.json'), 'utf8');
let folder: string;

beforeEach(() => {
  folder = makeFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function read(text: string): unknown {
  const file = join(folder, 'directory.json');
  writeFileSync(file, text);
  return readDirectoryFile(file, roles);
}

describe('readDirectoryFile', () => {
  it('reads the shipped file', () => {
    expect(read(shipped)).toMatchObject({ organizations: [{ slug: 'acme' }, { slug: 'globex' }] });
  });

  it.each([
    ['no JSON', (text: string) => text.slice(1), /cannot be read as JSON/],
    [
      'a role no policy knows',
      (text: string) => text.replace('"viewer"', '"owner"'),
      /"bob" of "acme" has the role "owner".*developer/,
    ],
    [
      'a member twice',
      (text: string) => text.replace('"bob"', '"alice"'),
      /alice of acme stands there twice/,
    ],
    ['a slug twice', (text: string) => text.replace('"globex"', '"acme"'), /slug acme stands there twice/],
    [
      'a slug with capitals',
      (text: string) => text.replace('"slug": "acme"', '"slug": "Acme"'),
      /organizations\.0\.slug/,
    ],
    [
      'a field nobody knows',
      (text: string) => text.replace('"name": "Acme"', '"name": "Acme", "owner": "x"'),
      /organizations\.0/,
    ],
  ])('refuses %s, naming the file and the place', (_, change, message) => {
    expect(() => read(change(shipped))).toThrow(message);
  });

  it('names a file that is missing', () => {
    expect(() => readDirectoryFile(join(folder, 'none.json'), roles)).toThrow(/none\.json/);
  });
});
