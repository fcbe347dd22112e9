/** Tokens signed by hand, so that a test can write what no library would. */
import { generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** A key pair that signs what it is given. */
export interface ForgingKey {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: KeyObject;
  /** The public half, as a key server lists it. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

const pssPadding = 6; // RSA_PKCS1_PSS_PADDING of OpenSSL

/**
 * Creates a key pair for an algorithm of RFC 7518 section 3.1, or for EdDSA.
 *
 * @param kid its name; the algorithm’s when left out.
 * @param modulusLength size of an RSA key, in bits.
 */
export function createForgingKey(alg: string, kid: string = alg, modulusLength = 2_048): ForgingKey {
  if (alg === 'EdDSA') return toForgingKey(alg, kid, generateKeyPairSync('ed25519'));
  if (alg.startsWith('ES')) {
    return toForgingKey(alg, kid, generateKeyPairSync('ec', { namedCurve: `P-${alg.slice(2)}` }));
  }
  return toForgingKey(alg, kid, generateKeyPairSync('rsa', { modulusLength }));
}

/** Signs header and payload as they are, without a look at what they say. */
export function forgeToken(key: ForgingKey, header: unknown, payload: unknown): string {
  const text = `${toPart(header)}.${toPart(payload)}`;
  return `${text}.${signText(key, text)}`;
}

/** Encodes one part of a token: a string as it is, anything else as JSON. */
export function toPart(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** Signs text with the key’s own algorithm. @see RFC 7518 section 3 */
export function signText({ alg, privateKey }: ForgingKey, text: string): string {
  const data = Buffer.from(text);
  const hash = alg === 'EdDSA' ? null : `sha${alg.slice(2)}`;
  if (alg.startsWith('ES')) {
    return sign(hash, data, { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  }
  if (alg.startsWith('PS')) {
    return sign(hash, data, { key: privateKey, padding: pssPadding, saltLength: 32 }).toString('base64url');
  }
  return sign(hash, data, privateKey).toString('base64url');
}

function toForgingKey(
  alg: string,
  kid: string,
  pair: { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
): ForgingKey {
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
  return { alg, kid, privateKey: pair.privateKey, jwk };
}
