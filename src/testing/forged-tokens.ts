/**
 * Tokens that no door may accept, each made from a good one by one change.
 *
 * @see RFC 8725 sections 2 and 3; RFC 9068 section 4
 */
import { createHmac, createPublicKey, sign } from 'node:crypto';
import type { ForgingKey } from './forge-token.js';
import { createForgingKey, forgeToken, signText, toPart } from './forge-token.js';

/** One token to be refused. */
export interface ForgedToken {
  /** What is wrong with it, for a test’s title. */
  readonly name: string;
  readonly token: string;
  /** False when it ends in white space: a client strips that from a header, and the good token is left. */
  readonly inHeader: boolean;
}

type Members = Readonly<Record<string, unknown>>;
type Tokens = Readonly<Record<string, string>>;

/** What forgeries are made from. */
interface Material {
  readonly key: ForgingKey;
  readonly header: Members;
  readonly claims: Members;
  /** A good token with some members replaced. */
  sign(header: Members, claims?: Members): string;
}

/**
 * Makes the list.
 *
 * @param key an ES256 key whose public half the door trusts.
 * @param claims what a good token would say; its `iat` counts as now.
 */
export function listForgedTokens(key: ForgingKey, claims: Members): readonly ForgedToken[] {
  const header = { alg: key.alg, kid: key.kid, typ: 'at+jwt' };
  const material: Material = {
    key,
    header,
    claims,
    sign: (headerChanges, claimChanges = {}) =>
      forgeToken(key, { ...header, ...headerChanges }, { ...claims, ...claimChanges }),
  };
  const forgeries = [
    withAlgorithms(material),
    withHeaders(material),
    withOwnKeys(material),
    withClaims(material),
    withTimes(material),
    withDoubledMembers(material),
    withSignatures(material),
    withForms(material),
  ];
  return forgeries
    .flatMap((tokens) => Object.entries(tokens))
    .map(([name, token]) => ({ name, token, inHeader: token === token.trimEnd() }));
}

function withAlgorithms({ header, claims, key, sign: signed }: Material): Tokens {
  const unsigned = (alg: string): string => `${toPart({ ...header, alg })}.${toPart(claims)}.`;
  const hmacText = `${toPart({ ...header, alg: 'HS256' })}.${toPart(claims)}`;
  // The public key is no secret: a verifier that takes it for one accepts what everybody can sign.
  const secret = createPublicKey(key.privateKey).export({ type: 'spki', format: 'pem' });
  const hmac = createHmac('sha256', secret).update(hmacText).digest('base64url');
  return {
    'alg none without a signature': unsigned('none'),
    'alg nOnE without a signature': unsigned('nOnE'),
    'alg none with a good signature': signed({ alg: 'none' }),
    'alg HS256 with the public key as its secret': `${hmacText}.${hmac}`,
    'alg of another key type': signed({ alg: 'RS256' }),
    'alg missing': signed({ alg: undefined }),
  };
}

function withHeaders({ sign: signed }: Material): Tokens {
  return {
    'kid of nobody': signed({ kid: 'nobody' }),
    'kid that is a path': signed({ kid: '../../../../../../dev/null' }),
    'kid that is SQL': signed({ kid: "' UNION SELECT 'secret' --" }),
    'kid of 300 characters': signed({ kid: 'k'.repeat(300) }),
    'kid missing': signed({ kid: undefined }),
    'jku, the address of its own keys': signed({ jku: 'http://127.0.0.1:9/jwks' }),
    'x5u, the address of its own certificate': signed({ x5u: 'http://127.0.0.1:9/certificate' }),
    'x5c, its own certificate': signed({ x5c: ['MIIB'] }),
    'crit with a member nobody knows': signed({ crit: ['unknown'], unknown: true }),
    'b64 false, an unencoded payload': signed({ crit: ['b64'], b64: false }),
    'zip, a compressed payload': signed({ zip: 'DEF' }),
    'typ of a proof': signed({ typ: 'dpop+jwt' }),
    'typ of a logout token': signed({ typ: 'logout+jwt' }),
  };
}

function withOwnKeys({ key, header, claims }: Material): Tokens {
  const stranger = createForgingKey('ES256', key.kid);
  return {
    'key of a stranger under a known kid': forgeToken(stranger, header, claims),
    'jwk, its own key': forgeToken(stranger, { ...header, jwk: stranger.jwk }, claims),
  };
}

function withClaims({ sign: signed }: Material): Tokens {
  return {
    'iss of somebody else': signed({}, { iss: 'https://evil.example' }),
    'iss missing': signed({}, { iss: undefined }),
    'aud of somebody else': signed({}, { aud: 'https://evil.example' }),
    'aud missing': signed({}, { aud: undefined }),
    'aud as an empty list': signed({}, { aud: [] }),
    'sub missing': signed({}, { sub: undefined }),
    'sub empty': signed({}, { sub: '' }),
    'sub as a number': signed({}, { sub: 1 }),
  };
}

function withTimes({ claims, sign: signed }: Material): Tokens {
  const now = Number(claims['iat']);
  return {
    'exp in the past': signed({}, { iat: now - 900, exp: now - 300 }),
    'exp missing': signed({}, { exp: undefined }),
    'exp as a text': signed({}, { exp: String(now + 600) }),
    'exp in milliseconds': signed({}, { exp: now * 1_000 }),
    'iat in the future': signed({}, { iat: now + 3_600, exp: now + 4_200 }),
    'iat missing': signed({}, { iat: undefined }),
    'nbf in the future': signed({}, { nbf: now + 3_600 }),
  };
}

/** The second of two members of one name wins in most parsers, and the first in some. @see RFC 7519 section 4 */
function withDoubledMembers({ key, header, claims }: Material): Tokens {
  const doubled = (value: Members, member: string): string =>
    JSON.stringify(value).replace('{', `{${member},`);
  return {
    'alg twice in the header': forgeToken(key, doubled(header, '"alg":"none"'), claims),
    'sub twice in the claims': forgeToken(key, header, doubled(claims, '"sub":"somebody-else"')),
    'exp of 1e400': forgeToken(key, header, JSON.stringify(claims).replace(/"exp":\d+/, '"exp":1e400')),
  };
}

function withSignatures({ key, sign: signed }: Material): Tokens {
  const [header = '', claims = '', signature = ''] = signed({}).split('.');
  const text = `${header}.${claims}`;
  const changed = Buffer.from(claims, 'base64url').toString().replace('"iss"', '"admin":true,"iss"');
  return {
    'claims changed after signing': `${header}.${toPart(changed)}.${signature}`,
    'signature missing': text,
    'signature empty': `${text}.`,
    'signature of zeros': `${text}.${'A'.repeat(signature.length)}`,
    'signature cut short': `${text}.${signature.slice(0, -2)}`,
    'signature in another spelling of the same bytes': `${text}.${withUnusedBits(signature)}`,
    'signature in DER': `${text}.${sign('sha256', Buffer.from(text), key.privateKey).toString('base64url')}`,
    'signature of the claims alone': `${text}.${signText(key, claims)}`,
  };
}

function withForms({ sign: signed }: Material): Tokens {
  const good = signed({});
  return {
    'line end behind': `${good}\n`,
    'space behind': `${good} `,
    'padding behind': `${good}=`,
    'word behind': `${good} extra`,
    'fourth part': `${good}.${good.slice(good.lastIndexOf('.') + 1)}`,
    'header that is no JSON': ['x', ...good.split('.').slice(1)].join('.'),
    'size of 20 KiB': signed({}, { filler: 'a'.repeat(15_000) }),
    'word "null"': 'null',
  };
}

/** The last character of 64 bytes in base64url carries four bits that say nothing. @see RFC 4648 section 3.5 */
function withUnusedBits(signature: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return signature.slice(0, -1) + alphabet.charAt(alphabet.indexOf(signature.slice(-1)) ^ 1);
}
