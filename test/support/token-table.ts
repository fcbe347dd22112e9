/**
 * Bad tokens, one cause each. A row differs from a good token in the one thing that its title names, and says for what
 * reason of the closed set it is refused. @see RFC 8725 section 3; RFC 9068 section 4; RFC 7515; RFC 7519
 */
import { createHmac, createPublicKey, sign } from 'node:crypto';
import type { TokenRefusal } from '../../src/errors.js';
import { signText, toPart } from '../../src/testing/forge-token.js';
import type { TableIssuer } from './table-issuer.js';
import { doorAudience } from './table-issuer.js';

/** One bad token. */
export interface BadToken {
  readonly reason: TokenRefusal;
  readonly title: string;
  make(issuer: TableIssuer): string;
  /** What an HTTP server answers in our place when the token stands in a header; `never`: no client sends it there. */
  readonly inHeader?: 400 | 431 | 'never';
}

type Make = BadToken['make'];
type Members = Readonly<Record<string, unknown>>;

const withHeader =
  (members: Members): Make =>
  (issuer) =>
    issuer.token({ header: members });
const withClaims =
  (members: Members): Make =>
  (issuer) =>
    issuer.token({ claims: members });
const withTimes =
  (times: (now: number) => Members): Make =>
  (issuer) =>
    issuer.token({ claims: times(issuer.now()) });
const withHeaderText =
  (change: (json: string) => string): Make =>
  (issuer) =>
    issuer.tokenOfText({ header: change });
const withClaimsText =
  (change: (json: string) => string): Make =>
  (issuer) =>
    issuer.tokenOfText({ claims: change });
const withParts =
  (change: (header: string, claims: string, signature: string) => string): Make =>
  (issuer) =>
    change(...issuer.parts());
const first = (member: string) => (json: string) => json.replace('{', `{${member},`);

const rows = (reason: TokenRefusal, table: Readonly<Record<string, Make>>): readonly BadToken[] =>
  Object.entries(table).map(([title, make]) => ({ reason, title, make }));

/** Every bad token. */
export const badTokens: readonly BadToken[] = [
  ...rows('malformed', {
    'the word "null"': () => 'null',
    'the word "undefined"': () => 'undefined',
    'a scheme and a token': (issuer) => `Bearer ${issuer.token()}`,
    'one part': withParts((header) => header),
    'two parts': withParts((header, claims) => `${header}.${claims}`),
    'four parts': withParts((header, claims, signature) => `${header}.${claims}.${signature}.${signature}`),
    'five parts, as an encrypted token has': withParts((...parts) => [...parts, 'AAAA', 'AAAA'].join('.')),
    'an empty payload': withParts((header, _claims, signature) => `${header}..${signature}`),
    'an empty signature': withParts((header, claims) => `${header}.${claims}.`),
    'alg none and an empty signature': withParts((_, claims) => `${toPart({ alg: 'none' })}.${claims}.`),
    'a space inside': withParts((header, claims, signature) => `${header}. ${claims}.${signature}`),
    'a tab inside': withParts((header, claims, signature) => `${header}.${claims}\t.${signature}`),
    'a word behind': (issuer) => `${issuer.token()} extra`,
    'characters of standard base64': withParts((header, claims, signature) =>
      [header, claims, `${signature.slice(0, -2)}+/`].join('.'),
    ),
    padding: (issuer) => `${issuer.token()}==`,
    'a percent sign': (issuer) => issuer.token().replace('.', '%2E'),
    'unused bits of the last character altered': withParts((header, claims, signature) =>
      [header, claims, alterUnusedBits(signature)].join('.'),
    ),
    'bytes that are no ASCII': () => '\u00ff\u00fe\u0080.\u00ff.\u00ff',
    'a header that is no JSON': withHeaderText(() => 'alg=ES256'),
    'a header that is an array': withHeaderText((json) => `[${json}]`),
    'a header that is null': withHeaderText(() => 'null'),
    'claims that are no JSON': withClaimsText(() => 'sub=alice'),
    'claims that are an array': withClaimsText((json) => `[${json}]`),
    'claims that are a text': withClaimsText(() => '"alice"'),
    'a byte order mark before the claims': withClaimsText((json) => `\ufeff${json}`),
    'a second object behind the claims': withClaimsText((json) => `${json}{}`),
  }),
  {
    reason: 'malformed',
    title: 'a line end inside',
    make: (issuer) => issuer.token().replace('.', '.\n'),
    inHeader: 400,
  },
  {
    reason: 'malformed',
    title: 'a NUL inside',
    make: (issuer) => issuer.token().replace('.', '.\0'),
    inHeader: 400,
  },
  ...rows('too-large', {
    '9 KiB': withClaims({ filler: 'a'.repeat(6_900) }),
  }),
  { reason: 'too-large', title: '20 KiB', make: withClaims({ filler: 'a'.repeat(15_000) }), inHeader: 431 },
  {
    reason: 'too-large',
    title: '1 MB',
    make: withClaims({ filler: 'a'.repeat(740_000) }),
    inHeader: 'never',
  },
  ...rows('algorithm', {
    'alg none': withHeader({ alg: 'none' }),
    'alg None': withHeader({ alg: 'None' }),
    'alg nOnE': withHeader({ alg: 'nOnE' }),
    'alg HS256 with the public key as its secret': signedWithPublicKey,
    'alg in small letters': withHeader({ alg: 'es256' }),
    'alg outside the list (RS512)': withHeader({ alg: 'RS512' }),
    'alg outside the list (ES256K)': withHeader({ alg: 'ES256K' }),
    'alg as an array': withHeader({ alg: ['ES256'] }),
    'alg as null': withHeader({ alg: null }),
    'alg missing': withHeader({ alg: undefined }),
  }),
  ...rows('header', {
    'an unknown critical member (crit)': withHeader({ crit: ['unknown'], unknown: true }),
    'an empty crit': withHeader({ crit: [] }),
    'an unencoded payload (b64: false)': withHeader({ crit: ['b64'], b64: false }),
    'its own key (jwk)': ({ token, keys: { stranger } }) =>
      token({ header: { jwk: stranger.jwk }, signer: stranger }),
    'the address of its key (jku)': withHeader({ jku: 'http://127.0.0.1:9/jwks' }),
    'the address of its certificate (x5u)': withHeader({ x5u: 'http://127.0.0.1:9/certificate' }),
    'its certificate (x5c)': withHeader({ x5c: ['MIIB'] }),
    'compression (zip)': withHeader({ zip: 'DEF' }),
    'a token inside (cty)': withHeader({ cty: 'JWT' }),
    'encryption (enc)': withHeader({ enc: 'A256GCM' }),
    'kid as a number': withHeader({ kid: 1 }),
    'kid of 300 characters': withHeader({ kid: 'k'.repeat(300) }),
    'kid empty': withHeader({ kid: '' }),
    'kid missing': withHeader({ kid: undefined }),
    'typ of a proof (dpop+jwt)': withHeader({ typ: 'dpop+jwt' }),
    'typ of a logout token': withHeader({ typ: 'logout+jwt' }),
    'typ as a number': withHeader({ typ: 1 }),
    'typ as null': withHeader({ typ: null }),
    'a header member twice': withHeaderText(first('"kid":"stranger"')),
    'a header member twice, once escaped': withHeaderText(first('"\\u006bid":"stranger"')),
    '__proto__ in the header': withHeaderText(first('"__proto__":{"alg":"none"}')),
  }),
  ...rows('key', {
    'kid that nobody has': withHeader({ kid: 'nobody' }),
    'kid that is a path': withHeader({ kid: '../../../../dev/null' }),
    'kid that is SQL': withHeader({ kid: "' UNION SELECT 'secret' --" }),
    'a key of another algorithm': withHeader({ alg: 'ES384' }),
    'ES256 over a P-384 key': ({ token, keys: { p384 } }) => token({ header: { kid: 'p384' }, signer: p384 }),
    'an RSA key of 1 024 bits': ({ token, keys: { weak } }) =>
      token({ header: { alg: 'RS256', kid: 'weak' }, signer: weak }),
  }),
  ...rows('signature', {
    'a key of somebody else': ({ token, keys: { stranger } }) => token({ signer: stranger }),
    'a key of somebody else under a kid that two keys share': ({ token, keys: { stranger } }) =>
      token({ header: { kid: 'twin' }, signer: stranger }),
    'claims changed after signing': withParts((header, claims, signature) =>
      [header, toPart(claimsOf(claims).replace('alice', 'bobby')), signature].join('.'),
    ),
    'a header changed after signing': withParts((_header, claims, signature) =>
      [toPart({ alg: 'ES256', kid: 'ES256', typ: 'JWT' }), claims, signature].join('.'),
    ),
    'a signature cut short': withParts((header, claims, signature) =>
      [header, claims, signature.slice(0, 84)].join('.'),
    ),
    'a signature in DER': (issuer) => {
      const [header, claims] = issuer.parts();
      const der = sign('sha256', Buffer.from(`${header}.${claims}`), issuer.keys.ES256.privateKey);
      return [header, claims, der.toString('base64url')].join('.');
    },
    'a signature of zeros': withParts((header, claims) => [header, claims, 'A'.repeat(86)].join('.')),
    'a signature of the claims alone': (issuer) => {
      const [header, claims] = issuer.parts();
      return [header, claims, signText(issuer.keys.ES256, claims)].join('.');
    },
    'a signature of another token': (issuer) => [...issuer.parts().slice(0, 2), issuer.parts()[2]].join('.'),
  }),
  ...rows('issuer', {
    'iss missing': withClaims({ iss: undefined }),
    'iss of somebody else': withClaims({ iss: 'https://evil.example' }),
    'iss that begins like ours': withClaims({ iss: 'https://id.example.evil.example' }),
    'iss with a slash at its end': withClaims({ iss: 'https://id.example/' }),
    'iss cut short': withClaims({ iss: 'https://id.exampl' }),
    'iss as an array': withClaims({ iss: ['https://id.example'] }),
    'iss empty': withClaims({ iss: '' }),
  }),
  ...rows('audience', {
    'aud missing': withClaims({ aud: undefined }),
    'aud of somebody else': withClaims({ aud: 'https://evil.example' }),
    'aud that begins like ours': withClaims({ aud: `${doorAudience}/more` }),
    'aud cut short': withClaims({ aud: doorAudience.slice(0, -4) }),
    'aud in capitals': withClaims({ aud: doorAudience.toUpperCase() }),
    'aud with ours inside a longer text': withClaims({ aud: `other ${doorAudience}` }),
    'aud as an array without ours': withClaims({ aud: ['https://evil.example', ''] }),
    'aud as an empty array': withClaims({ aud: [] }),
    'aud as an array in an array': withClaims({ aud: [[doorAudience]] }),
    'aud with a number beside ours': withClaims({ aud: [doorAudience, 1] }),
    'aud as an object': withClaims({ aud: { [doorAudience]: true } }),
  }),
  ...rows('expired', {
    'exp in the past': withTimes((now) => ({ iat: now - 900, exp: now - 300 })),
    'exp of zero': withClaims({ exp: 0 }),
  }),
  ...rows('not-yet-valid', {
    'iat in the future': withTimes((now) => ({ iat: now + 300 })),
    'nbf in the future': withTimes((now) => ({ nbf: now + 300 })),
  }),
  ...rows('lifetime', {
    'exp too far away': withTimes((now) => ({ iat: now, exp: now + 86_401 })),
    'exp before iat': withTimes((now) => ({ iat: now + 20, exp: now + 10 })),
    'exp in milliseconds': withTimes((now) => ({ exp: now * 1_000 })),
  }),
  ...rows('claims', {
    'exp missing': withClaims({ exp: undefined }),
    'exp as a text': withTimes((now) => ({ exp: String(now + 600) })),
    'exp of 1e400': withClaimsText((json) => json.replace(/"exp":\d+/, '"exp":1e400')),
    'exp with a fraction': withTimes((now) => ({ exp: now + 600.5 })),
    'iat missing': withClaims({ iat: undefined }),
    'iat as a text': withTimes((now) => ({ iat: String(now) })),
    'iat below zero': withClaims({ iat: -1 }),
    'nbf as a text': withClaims({ nbf: '0' }),
    'nbf as null': withClaims({ nbf: null }),
    'sub missing': withClaims({ sub: undefined }),
    'sub empty': withClaims({ sub: '' }),
    'sub blank': withClaims({ sub: ' \u00a0 ' }),
    'sub as a number': withClaims({ sub: 1 }),
    'sub as an array': withClaims({ sub: ['alice'] }),
    'sub of 256 characters': withClaims({ sub: 'a'.repeat(256) }),
    'sub with a line end': withClaims({ sub: 'alice\n{"level":"error"}' }),
    'sub with an escape of terminals': withClaims({ sub: '\u001b[2Jalice' }),
    'sub with half a character': withClaimsText((json) => json.replace('alice', '\\ud800')),
    'org as a number': withClaims({ org: 1 }),
    'org empty': withClaims({ org: '' }),
    'scope as an array': withClaims({ scope: ['platform'] }),
    'jti as a number': withClaims({ jti: 1 }),
    'client_id as an object': withClaims({ client_id: {} }),
    'a claim twice': withClaimsText(first('"sub":"bob"')),
    'a claim twice, once escaped': withClaimsText(first('"\\u0073ub":"bob"')),
    'a member twice deeper in the claims': withClaimsText(first('"x":[{"a":1,"a":2}]')),
    '__proto__ in the claims': withClaimsText(first('"__proto__":{"sub":"bob"}')),
  }),
];

function claimsOf(part: string): string {
  return Buffer.from(part, 'base64url').toString();
}

/** The other spelling of the same bytes. */
function alterUnusedBits(part: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return part.slice(0, -1) + String(alphabet[alphabet.indexOf(part.slice(-1)) ^ 1]);
}

function signedWithPublicKey(issuer: TableIssuer): string {
  const secret = createPublicKey(issuer.keys.ES256.privateKey).export({ type: 'spki', format: 'pem' });
  const [, claims] = issuer.parts();
  const text = `${toPart({ alg: 'HS256', kid: 'ES256', typ: 'at+jwt' })}.${claims}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
