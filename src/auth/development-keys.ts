/** The key pair that signs development tokens; made on first use and kept in the data folder. */
import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  importJWK,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTPayload,
} from 'jose';
import { ConfigError } from '../errors.js';
import type { VerificationKeys } from './verification-keys.js';

const algorithm = 'ES256';

/** Claims as they stand in the token. */
export type DevelopmentClaims = Readonly<JWTPayload>;

/** The development key set: verifies, and signs. */
export interface DevelopmentKeys {
  /** The public half, for a verifier. */
  readonly keys: VerificationKeys;
  /** Signs claims as an access token (`typ` at+jwt) and returns its compact form. */
  sign(claims: DevelopmentClaims): Promise<string>;
}

/**
 * Loads the development keys of a data folder, making them on first use. Processes that start at the same time agree
 * on one set, and a process killed on the way leaves none.
 *
 * @throws {@link ConfigError} naming DATA_DIR when the file cannot be written or read, or others may read it.
 */
export async function loadDevelopmentKeys(dataDir: string): Promise<DevelopmentKeys> {
  const file = join(dataDir, 'development-keys.json');
  await createOnce(dataDir, file);
  const { publicJwk, privateKey } = await readKeyPair(file);
  const header = { alg: algorithm, kid: publicJwk.kid, typ: 'at+jwt' };
  return Object.freeze({
    keys: createLocalJWKSet({ keys: [publicJwk] }),
    sign: (claims: DevelopmentClaims) => new SignJWT(claims).setProtectedHeader(header).sign(privateKey),
  });
}

async function createOnce(dataDir: string, file: string): Promise<void> {
  if (await isPresent(file)) return;
  const draft = `${file}.${randomUUID()}`;
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await writeSecret(draft, JSON.stringify({ keys: [await generateKey()] }));
    // A hard link appears with its whole content and fails when the name is taken: the first process wins.
    await link(draft, file);
  } catch (cause) {
    if (!(await isPresent(file))) {
      throw new ConfigError('DATA_DIR', `cannot create ${JSON.stringify(file)}; name a writable folder.`, {
        cause,
      });
    }
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

async function generateKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: `dev-${randomUUID()}`, alg: algorithm, use: 'sig' };
}

async function writeSecret(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function isPresent(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

interface KeyPair {
  readonly publicJwk: JWK;
  readonly privateKey: CryptoKey | Uint8Array;
}

async function readKeyPair(file: string): Promise<KeyPair> {
  const { mode } = await stat(file);
  if ((mode & 0o077) !== 0) {
    throw new ConfigError('DATA_DIR', `others may read ${JSON.stringify(file)}; run chmod 600 on it.`);
  }
  try {
    return await parseKeyPair(await readFile(file, 'utf8'));
  } catch {
    // The cause is left out: a JSON error quotes the text, which holds the private key.
    throw new ConfigError(
      'DATA_DIR',
      `${JSON.stringify(file)} holds no development key; delete it to make a new one.`,
    );
  }
}

async function parseKeyPair(text: string): Promise<KeyPair> {
  // Holds for what createOnce wrote; the next lines throw for anything else.
  const { keys } = JSON.parse(text) as { readonly keys: readonly [JWK & { readonly d?: string }] };
  const { d, ...publicJwk } = keys[0];
  if (typeof d !== 'string' || typeof publicJwk.kid !== 'string') throw new TypeError('no private key');
  return { publicJwk, privateKey: await importJWK({ ...publicJwk, d }, algorithm) };
}
