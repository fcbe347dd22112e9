/** The key that seals write-only fields: 32 random bytes in a file that only its owner reads. */
import { randomBytes, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError } from '../errors.js';

const keyBytes = 32;

/**
 * Reads the key, and makes it first when the file is missing. Two processes that start together agree on one key:
 * the file appears whole, by a link that fails when another one was faster.
 *
 * @throws {@link ConfigError} when the file is there and is not a key.
 */
export function loadSealKey(file: string): Buffer {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const key = readKey(file) ?? createKey(file);
  if (key.length === keyBytes) return key;
  throw new ConfigError(
    file,
    'is not a key of 32 bytes in base64; restore it, or remove it and lose what it sealed.',
  );
}

function readKey(file: string): Buffer | undefined {
  try {
    return Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function createKey(file: string): Buffer {
  const draft = `${file}.${randomUUID()}`;
  const key = randomBytes(keyBytes);
  writeFileSync(draft, `${key.toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, file);
    return key;
  } catch (error) {
    const other = isErrorCode(error, 'EEXIST') ? readKey(file) : undefined;
    if (other === undefined) throw error;
    return other;
  } finally {
    rmSync(draft, { force: true });
  }
}

function isErrorCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
