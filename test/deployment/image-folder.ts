/** What `deploy/Dockerfile` puts into its image, laid out in a temporary folder, without Docker. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';

export interface ImageFolder {
  /** The folder that the image calls /data. */
  readonly dataDir: string;
  /** Starts a command as a container does: nothing of this process’s environment but PATH. */
  run(
    command: readonly string[],
    settings: Readonly<Record<string, string>>,
  ): ChildProcessByStdio<null, Readable, Readable>;
  /** Every file of the image but the installed packages, by its path. */
  files(): string[];
  remove(): void;
}

export function makeImageFolder(): ImageFolder {
  const root = mkdtempSync(join(tmpdir(), 'graph-fleet-image-'));
  const [app, dataDir] = [join(root, 'app'), join(root, 'data')];
  for (const folder of [app, dataDir]) mkdirSync(folder);
  for (const { sources, target } of readCopies()) {
    for (const source of sources) {
      const place =
        sources.length > 1 || target.endsWith('/') ? join(app, target, source) : join(app, target);
      mkdirSync(dirname(place), { recursive: true });
      cpSync(source, place, { recursive: true });
    }
  }
  // What `npm ci` makes of the lockfile.
  symlinkSync(resolve('node_modules'), join(app, 'node_modules'));
  return {
    dataDir,
    run: ([command = '', ...words], settings) =>
      spawn(command === 'node' ? process.execPath : command, words, {
        cwd: app,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env['PATH'], NODE_ENV: 'production', DATA_DIR: dataDir, ...settings },
      }),
    files: () =>
      readdirSync(app, { recursive: true, encoding: 'utf8' })
        .filter((file) => !file.startsWith('node_modules'))
        .sort(),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** The lines of `deploy/Dockerfile` that copy from the repository. */
export function readCopies(): { sources: string[]; target: string }[] {
  return [...readFileSync('deploy/Dockerfile', 'utf8').matchAll(/^COPY (.+) (\S+)$/gm)].map(
    ([, sources = '', target = '']) => ({ sources: sources.split(' '), target }),
  );
}

/** The command that a container of the image runs when none is given. */
export function readCommand(): string[] {
  const line = /^CMD (\[.+\])$/m.exec(readFileSync('deploy/Dockerfile', 'utf8'))?.[1];
  return JSON.parse(line ?? '[]');
}
