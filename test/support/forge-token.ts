import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

export interface ForgingKey {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly jwk: Record<string, unknown>;
}

const padding = 6; // RSA_PKCS1_PSS_PADDING

function toForgingKey(
  alg: string,
  kid: string,
  pair: { privateKey: KeyObject; publicKey: KeyObject },
): ForgingKey {
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
  return { alg, kid, privateKey: pair.privateKey, jwk };
}

export function createForgingKey(alg: string, kid: string = alg, modulusLength = 2_048): ForgingKey {
  if (alg === 'EdDSA') return toForgingKey(alg, kid, generateKeyPairSync('ed25519'));
  if (alg.startsWith('ES')) {
    return toForgingKey(alg, kid, generateKeyPairSync('ec', { namedCurve: `P-${alg.slice(2)}` }));
  }
  return toForgingKey(alg, kid, generateKeyPairSync('rsa', { modulusLength }));
}

export function signText(key: ForgingKey, text: string): string {
  const data = Buffer.from(text);
  const hash = key.alg === 'EdDSA' ? null : `sha${key.alg.slice(2)}`;
  if (key.alg.startsWith('ES')) {
    return sign(hash, data, { key: key.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  }
  if (key.alg.startsWith('PS')) {
    return sign(hash, data, { key: key.privateKey, padding, saltLength: 32 }).toString('base64url');
  }
  return sign(hash, data, key.privateKey).toString('base64url');
}

export function toPart(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

export function forgeToken(key: ForgingKey, header: unknown, payload: unknown): string {
  const text = `${toPart(header)}.${toPart(payload)}`;
  return `${text}.${signText(key, text)}`;
}
