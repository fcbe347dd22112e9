/** The folder of everything that a process keeps: there, and writable, before anything is opened in it. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ConfigError } from '../errors.js';

/**
 * Makes the folder when it is missing, private to its owner, and writes a probe into it.
 *
 * @throws {@link ConfigError} naming DATA_DIR when it cannot be written, with the system’s code.
 */
export function requireDataFolder(folder: string): void {
  const probe = join(folder, `.probe-${String(process.pid)}`);
  try {
    makeFolder(resolve(folder));
    writeFileSync(probe, '', { mode: 0o600 });
    rmSync(probe);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new ConfigError(
      'DATA_DIR',
      `${JSON.stringify(folder)} cannot be written (${code}); free space, correct its rights, or set another folder.`,
      { cause },
    );
  }
}

/** Step by step: Node’s own `recursive` never ends below a folder, like /proc, in which nothing can be made. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!existsSync(folder)) throw error;
  }
}
