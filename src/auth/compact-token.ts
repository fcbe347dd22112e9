/** The compact form of a signed token, read strictly: what jose lets through and a verifier should not. */
import { TokenInvalidError } from '../errors.js';
import { maximumTokenLength } from './bearer-token.js';
import { hasSafeMembers } from './json-members.js';
import { parseJson } from './parse-json.js';

/** Signature algorithms that a token may name; asymmetric only. @see RFC 8725 sections 3.1 and 3.2 */
export const acceptedAlgorithms = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'] as const;

const compactForm = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
// Thumbprints select nothing here, and widely used issuers set them. @see RFC 7515 sections 4.1.7 and 4.1.8
const acceptedHeaderMembers: ReadonlySet<string> = new Set(['alg', 'kid', 'typ', 'x5t', 'x5t#S256']);
const acceptedType = /^(?:application\/)?(?:at\+jwt|jwt)$/i;
const maximumKidLength = 256;

/**
 * Checks a token's form, its header and the form of its claims, before any key is looked up.
 *
 * @throws {@link TokenInvalidError} `too-large`, `malformed`, `algorithm`, `header` or `claims`.
 * @see RFC 8725 sections 3.1 and 3.10; RFC 9068 section 4
 */
export function checkCompactToken(text: string): void {
  if (text.length > maximumTokenLength) throw new TokenInvalidError('too-large');
  // The dollar sign of the pattern stands at the very end only: without the m flag it does not match before a line end.
  if (!compactForm.test(text)) throw new TokenInvalidError('malformed');
  const parts = text.split('.');
  if (!parts.every(isCanonicalBase64Url)) throw new TokenInvalidError('malformed');
  const [header = '', payload = ''] = parts;
  checkHeader(decodeObject(header, 'header'));
  decodeObject(payload, 'claims');
}

function checkHeader(header: Readonly<Record<string, unknown>>): void {
  const { alg, kid, typ } = header;
  if (!acceptedAlgorithms.some((accepted) => accepted === alg)) throw new TokenInvalidError('algorithm');
  if (!Object.keys(header).every((name) => acceptedHeaderMembers.has(name)))
    throw new TokenInvalidError('header');
  if (typeof kid !== 'string' || kid === '' || kid.length > maximumKidLength)
    throw new TokenInvalidError('header');
  if (typ !== undefined && !(typeof typ === 'string' && acceptedType.test(typ)))
    throw new TokenInvalidError('header');
}

/** Unused bits of the last character must be zero: else one signature would have several spellings. */
function isCanonicalBase64Url(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part;
}

function decodeObject(part: string, reason: 'header' | 'claims'): Record<string, unknown> {
  const text = decodeText(part);
  const value = text === undefined ? undefined : parseJson(text);
  if (text === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TokenInvalidError('malformed');
  }
  if (!hasSafeMembers(text)) throw new TokenInvalidError(reason);
  return Object.fromEntries(Object.entries(value));
}

function decodeText(part: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(part, 'base64url'));
  } catch {
    return undefined;
  }
}
