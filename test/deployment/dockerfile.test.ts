import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

describe('Dockerfile', () => {
  it('is what langgraphjs makes of langgraph.json', () => {
    const made = execFileSync(process.execPath, ['deploy/generate-dockerfile.mjs', '-'], {
      encoding: 'utf8',
    });

    expect(readFileSync('Dockerfile', 'utf8')).toBe(made);
  });

  it('names no folder of the machine that made it', () => {
    expect(readFileSync('Dockerfile', 'utf8')).not.toContain(process.cwd());
    expect(readFileSync('Dockerfile', 'utf8')).toContain('\nWORKDIR /deps/graph-fleet\n');
  });
});

describe('.dockerignore', () => {
  const ignored = readFileSync('.dockerignore', 'utf8').split('\n');

  it('keeps secrets, data and what git ignores out of every image', () => {
    const untracked = readFileSync('.gitignore', 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.replace(/\/$/, ''));

    expect(untracked.filter((name) => !ignored.includes(name) && !ignored.includes(`**/${name}`))).toEqual(
      [],
    );
    expect(ignored).toEqual(expect.arrayContaining(['.git', '.env', '.env.*', '.graph-fleet']));
  });

  it('keeps nothing out that deploy/Dockerfile copies', () => {
    const copied = [...readFileSync('deploy/Dockerfile', 'utf8').matchAll(/^COPY (.+) \S+$/gm)].flatMap(
      ([, words = '']) => words.split(' '),
    );

    expect(copied.length).toBeGreaterThan(5);
    expect(copied.filter((file) => !existsSync(file) || ignored.includes(file))).toEqual([]);
  });
});
