/** Child processes of the project's own commands. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const root = join(import.meta.dirname, '../..');

export interface Child {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly output: { stdout: string; stderr: string };
  /** Resolves with the first match in what the child wrote to stderr; rejects when it ends before. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the exit code, or the signal. */
  ended(): Promise<number | string | null>;
}

/** Starts `src/<file>` with the given settings and nothing of this process's own. */
export function startChild(
  file: string,
  words: readonly string[],
  settings: Readonly<Record<string, string>>,
): Child {
  const env = { PATH: process.env['PATH'] ?? '', LOG_FORMAT: 'json', ...settings };
  const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'src', file), ...words], {
    cwd: root,
    env,
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const closed = once(child, 'close');
  return {
    process: child,
    output,
    said: async (pattern) => {
      for (;;) {
        const match = pattern.exec(output.stderr);
        if (match !== null) return match;
        if (child.stderr.closed)
          throw new Error(`The child ended and never said ${String(pattern)}: ${output.stderr}`);
        await Promise.race([once(child.stderr, 'data'), closed]);
      }
    },
    ended: async () => {
      await closed;
      return child.exitCode ?? child.signalCode;
    },
  };
}
