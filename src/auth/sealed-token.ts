/** A token on its way from a backend to a worker: sealed with AES-256-GCM for one job. `docs/worker.md` shows the form. */
import type { KeyObject } from 'node:crypto';
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { ConfigError, SealedTokenError } from '../errors.js';
import type { BearerToken } from './bearer-token.js';
import { toBearerToken } from './bearer-token.js';

const algorithm = 'aes-256-gcm';
const version = 'v1';
const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;

/** The key that backends and workers share; it prints as nothing that tells its bytes. */
export type SealKey = KeyObject;

/**
 * Reads the key from its text.
 *
 * @param text 32 bytes in base64, as `openssl rand -base64 32` prints them.
 * @param name what the text is called where it was given, for the error.
 * @throws {@link ConfigError} naming the bound; never the text.
 */
export function toSealKey(text: string, name = 'TOKEN_SEAL_KEY'): SealKey {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === keyBytes && bytes.toString('base64') === text) return createSecretKey(bytes);
  throw new ConfigError(name, 'must be 32 bytes in base64; make one with "openssl rand -base64 32".');
}

/**
 * Seals a token for one job: for another job, or with another key, it does not open.
 *
 * @returns `v1.<iv>.<ciphertext>.<tag>`, each part in base64url; never twice the same text.
 * @see NIST SP 800-38D
 */
export function sealToken(key: SealKey, jobId: string, token: BearerToken): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, key, iv).setAAD(Buffer.from(jobId, 'utf8'));
  const text = Buffer.concat([cipher.update(token.reveal(), 'utf8'), cipher.final()]);
  const parts = [iv, text, cipher.getAuthTag()].map((part) => part.toString('base64url'));
  return [version, ...parts].join('.');
}

/**
 * Opens what {@link sealToken} made, here or in another language.
 *
 * @throws {@link SealedTokenError} when it was sealed with another key, for another job or in another form, or was changed.
 * @throws {@link TokenInvalidError} when what was sealed does not have the form of a token.
 */
export function openSealedToken(key: SealKey, jobId: string, sealed: string): BearerToken {
  const [form, iv, text, tag, ...rest] = sealed.split('.');
  if (form !== version || text === undefined || rest.length > 0) throw new SealedTokenError();
  return toBearerToken(
    decrypt(key, jobId, { iv: toBytes(iv, ivBytes), text: toBytes(text), tag: toBytes(tag, tagBytes) }),
  );
}

interface SealedParts {
  readonly iv: Buffer;
  readonly text: Buffer;
  readonly tag: Buffer;
}

function decrypt(key: SealKey, jobId: string, { iv, text, tag }: SealedParts): string {
  try {
    const decipher = createDecipheriv(algorithm, key, iv).setAAD(Buffer.from(jobId, 'utf8')).setAuthTag(tag);
    return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
  } catch {
    throw new SealedTokenError();
  }
}

/** The length is checked here because GCM itself takes a tag of 4 bytes too, which is guessed sooner. */
function toBytes(part: string | undefined, length?: number): Buffer {
  const bytes = Buffer.from(part ?? '', 'base64url');
  const isWhole = bytes.toString('base64url') === part && (length ?? bytes.length) === bytes.length;
  if (!isWhole) throw new SealedTokenError();
  return bytes;
}
