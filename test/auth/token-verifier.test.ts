import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import type { BearerToken } from '../../src/auth/bearer-token.js';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { createTokenVerifier, type TokenVerifierOptions } from '../../src/auth/token-verifier.js';
import { jwksKeys } from '../../src/auth/verification-keys.js';
import { KeysUnavailableError, TokenInvalidError, type TokenRefusal } from '../../src/errors.js';
import {
  createForgingKey,
  forgeToken,
  signText,
  toPart,
  type ForgingKey,
} from '../../src/testing/forge-token.js';

const nowSeconds = 1_800_000_000;
const key = createForgingKey('ES256');
const others = ['ES384', 'RS256', 'PS256', 'EdDSA'].map((alg) => createForgingKey(alg));
const stranger = createForgingKey('ES256');
const weak = createForgingKey('RS256', 'weak', 1_024);
const twins = [createForgingKey('ES256', 'twin'), createForgingKey('ES256', 'twin')];
const undeclared = createForgingKey('RS256', 'undeclared');
const curve521 = createForgingKey('ES256', 'elsewhere');
const keySet = {
  keys: [
    ...[key, ...others, weak, ...twins].map(({ jwk }) => jwk),
    { ...undeclared.jwk, alg: undefined },
    { ...curve521.jwk, use: 'enc' },
  ],
};
const header = { alg: 'ES256', kid: 'ES256', typ: 'at+jwt' };
const claims = {
  iss: 'https://issuer',
  sub: 'alice',
  org: 'acme',
  scope: 'platform',
  aud: ['graph-fleet', 'https://platform/mcp'],
  iat: nowSeconds - 10,
  nbf: nowSeconds - 10,
  exp: nowSeconds + 600,
  jti: 'token-1',
  client_id: 'chat',
};

function createVerifier(options: Partial<TokenVerifierOptions> = {}) {
  return createTokenVerifier({
    issuer: 'https://issuer',
    audience: 'graph-fleet',
    keys: jwksKeys(keySet),
    clock: () => nowSeconds * 1_000,
    ...options,
  });
}

function without(name: string) {
  return Object.fromEntries(Object.entries(claims).filter(([member]) => member !== name));
}

const withHeader = (members: Record<string, unknown>, signer: ForgingKey = key) =>
  forgeToken(signer, { ...header, ...members }, claims);
const withClaims = (members: Record<string, unknown>) => forgeToken(key, header, { ...claims, ...members });
const withClaimsText = (change: (text: string) => string) =>
  forgeToken(key, header, change(JSON.stringify(claims)));
const good = forgeToken(key, header, claims);
const [goodHeader = '', goodPayload = '', goodSignature = ''] = good.split('.');

function changeUnusedBits(part: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return part.slice(0, -1) + String(alphabet[alphabet.indexOf(part.slice(-1)) ^ 1]);
}

function signWithPublicKey(alg: string): string {
  const text = `${toPart({ ...header, alg })}.${goodPayload}`;
  return `${text}.${createHmac('sha256', JSON.stringify(key.jwk)).update(text).digest('base64url')}`;
}

const accepted: readonly (readonly [string, string])[] = [
  ['typ at+jwt', good],
  ['typ JWT', withHeader({ typ: 'JWT' })],
  ['typ AT+JWT in capitals', withHeader({ typ: 'AT+JWT' })],
  ['typ application/at+jwt', withHeader({ typ: 'application/at+jwt' })],
  ['no typ', withHeader({ typ: undefined })],
  ['certificate thumbprints in the header', withHeader({ x5t: 'abc', 'x5t#S256': 'def' })],
  ['aud as one text', withClaims({ aud: 'graph-fleet' })],
  ['aud as a list of one', withClaims({ aud: ['graph-fleet'] })],
  ['no nbf', forgeToken(key, header, without('nbf'))],
  ['no jti', forgeToken(key, header, without('jti'))],
  ['no org', forgeToken(key, header, without('org'))],
  ['no scope', forgeToken(key, header, without('scope'))],
  ['unknown claims', withClaims({ roles: ['a'], nested: { iss: 'x' } })],
  [
    'white space in the JSON',
    forgeToken(key, JSON.stringify(header, null, 2), JSON.stringify(claims, null, 2)),
  ],
  ['letters outside ASCII in sub', withClaims({ sub: 'Zoë Ångström' })],
  ['a sub of 255 characters', withClaims({ sub: 'a'.repeat(255) })],
  ['the first key of two that share a kid', forgeToken(twins[0] ?? key, { ...header, kid: 'twin' }, claims)],
  ['the second key of two that share a kid', forgeToken(twins[1] ?? key, { ...header, kid: 'twin' }, claims)],
  ['a key that declares no alg', forgeToken(undeclared, { alg: 'RS256', kid: 'undeclared' }, claims)],
  ...others.map((other) => [other.alg, withHeader({ alg: other.alg, kid: other.kid }, other)] as const),
];

const refused: readonly (readonly [TokenRefusal, string, string])[] = [
  ['malformed', 'one part', goodHeader],
  ['malformed', 'two parts', `${goodHeader}.${goodPayload}`],
  ['malformed', 'four parts', `${good}.${goodSignature}`],
  ['malformed', 'five parts, as an encrypted token has', `${good}.${goodSignature}.${goodSignature}`],
  ['malformed', 'no signature', `${goodHeader}.${goodPayload}.`],
  ['malformed', 'no payload', `${goodHeader}..${goodSignature}`],
  [
    'malformed',
    'standard base64 in the signature',
    `${goodHeader}.${goodPayload}.${goodSignature.slice(0, -2)}+/`,
  ],
  ['malformed', 'padding', `${good}==`],
  [
    'malformed',
    'unused bits changed in the signature',
    `${goodHeader}.${goodPayload}.${changeUnusedBits(goodSignature)}`,
  ],
  ['malformed', 'a header that is no JSON', forgeToken(key, 'alg', claims)],
  ['malformed', 'a header that is a list', forgeToken(key, [header], claims)],
  ['malformed', 'a header that is null', forgeToken(key, 'null', claims)],
  ['malformed', 'a payload that is no JSON', forgeToken(key, header, 'sub=alice')],
  ['malformed', 'a payload that is a list', forgeToken(key, header, [claims])],
  ['malformed', 'a payload that is a text', forgeToken(key, header, '"alice"')],
  ['malformed', 'a byte order mark', withClaimsText((text) => `\ufeff${text}`)],
  ['malformed', 'text behind the claims', withClaimsText((text) => `${text} {}`)],
  ['too-large', 'more than 8 192 characters', withClaims({ filler: 'a'.repeat(8_192) })],
  ['algorithm', 'alg none', `${toPart({ ...header, alg: 'none' })}.${goodPayload}.${goodSignature}`],
  ['algorithm', 'alg None', `${toPart({ ...header, alg: 'None' })}.${goodPayload}.${goodSignature}`],
  ['algorithm', 'alg HS256 keyed with the public key', signWithPublicKey('HS256')],
  ['algorithm', 'alg in small letters', withHeader({ alg: 'es256' })],
  ['algorithm', 'alg RS512', withHeader({ alg: 'RS512' })],
  ['algorithm', 'alg as a list', withHeader({ alg: ['ES256'] })],
  ['algorithm', 'no alg', withHeader({ alg: undefined })],
  ['header', 'a key of its own (jwk)', withHeader({ jwk: stranger.jwk }, stranger)],
  ['header', 'a key address (jku)', withHeader({ jku: 'https://evil/jwks' })],
  ['header', 'a certificate address (x5u)', withHeader({ x5u: 'https://evil/cert' })],
  ['header', 'a certificate chain (x5c)', withHeader({ x5c: ['MIIB'] })],
  ['header', 'compression (zip)', withHeader({ zip: 'DEF' })],
  ['header', 'an unencoded payload (b64)', withHeader({ b64: false, crit: ['b64'] })],
  ['header', 'a critical extension (crit)', withHeader({ crit: ['exp'], exp: 1 })],
  ['header', 'a nested token (cty)', withHeader({ cty: 'JWT' })],
  ['header', 'typ dpop+jwt', withHeader({ typ: 'dpop+jwt' })],
  ['header', 'typ id_token+jwt', withHeader({ typ: 'id_token+jwt' })],
  ['header', 'typ that is a number', withHeader({ typ: 1 })],
  ['header', 'typ that is null', withHeader({ typ: null })],
  ['header', 'no kid', withHeader({ kid: undefined })],
  ['header', 'an empty kid', withHeader({ kid: '' })],
  ['header', 'a kid that is a number', withHeader({ kid: 1 })],
  ['header', 'a kid of 257 characters', withHeader({ kid: 'k'.repeat(257) })],
  ['header', 'a member named twice', forgeToken(key, `{"alg":"ES256","kid":"x","kid":"ES256"}`, claims)],
  ['header', 'a member __proto__', forgeToken(key, `{"alg":"ES256","kid":"ES256","__proto__":{}}`, claims)],
  ['key', 'an unknown kid', withHeader({ kid: 'unknown' })],
  ['key', 'a kid that is a path', withHeader({ kid: '../../etc/passwd' })],
  ['key', 'a key of another algorithm', withHeader({ alg: 'ES384' })],
  ['key', 'a key for encryption', forgeToken(curve521, { ...header, kid: 'elsewhere' }, claims)],
  ['key', 'an RSA key of 1 024 bits', forgeToken(weak, { alg: 'RS256', kid: 'weak' }, claims)],
  ['signature', 'another person’s key under the same kid', forgeToken(stranger, header, claims)],
  ['signature', 'no key of two that share a kid', forgeToken(stranger, { ...header, kid: 'twin' }, claims)],
  [
    'signature',
    'claims changed after signing',
    `${goodHeader}.${toPart({ ...claims, sub: 'bob' })}.${goodSignature}`,
  ],
  ['signature', 'a signature cut short', `${goodHeader}.${goodPayload}.${goodSignature.slice(0, 84)}`],
  ['signature', 'a signature of zeros', `${goodHeader}.${goodPayload}.${'A'.repeat(86)}`],
  [
    'signature',
    'a signature over the payload alone',
    `${goodHeader}.${goodPayload}.${signText(key, goodPayload)}`,
  ],
  ['signature', 'random bytes', `${goodHeader}.${goodPayload}.${randomBytes(64).toString('base64url')}`],
  ['issuer', 'another issuer', withClaims({ iss: 'https://other' })],
  ['issuer', 'the issuer with a slash', withClaims({ iss: 'https://issuer/' })],
  ['issuer', 'the issuer as a list', withClaims({ iss: ['https://issuer'] })],
  ['issuer', 'no issuer', forgeToken(key, header, without('iss'))],
  ['audience', 'another audience', withClaims({ aud: 'https://other' })],
  ['audience', 'the audience with a slash', withClaims({ aud: ['graph-fleet/'] })],
  ['audience', 'the audience inside a longer text', withClaims({ aud: 'graph-fleet platform' })],
  ['audience', 'the audience in capitals', withClaims({ aud: 'GRAPH-FLEET' })],
  ['audience', 'an empty list of audiences', withClaims({ aud: [] })],
  ['audience', 'a list with something else in it', withClaims({ aud: ['graph-fleet', 1] })],
  ['audience', 'an object', withClaims({ aud: { 'graph-fleet': true } })],
  ['audience', 'no audience', forgeToken(key, header, without('aud'))],
  ['expired', 'exp in the past', withClaims({ iat: nowSeconds - 600, exp: nowSeconds - 31 })],
  ['expired', 'exp of zero', withClaims({ exp: 0 })],
  ['not-yet-valid', 'nbf in the future', withClaims({ nbf: nowSeconds + 31 })],
  ['not-yet-valid', 'iat in the future', withClaims({ iat: nowSeconds + 31 })],
  ['lifetime', 'a life of more than a day', withClaims({ exp: claims.iat + 86_401 })],
  ['lifetime', 'exp before iat', withClaims({ iat: nowSeconds + 20, exp: nowSeconds + 10 })],
  ['claims', 'no exp', forgeToken(key, header, without('exp'))],
  ['claims', 'exp as a text', withClaims({ exp: '1900000000' })],
  ['claims', 'exp without end', withClaimsText((text) => text.replace(/"exp":\d+/, '"exp":1e400'))],
  ['claims', 'exp with a fraction', withClaims({ exp: nowSeconds + 600.5 })],
  ['claims', 'exp as a list', withClaims({ exp: [nowSeconds + 600] })],
  ['claims', 'no iat', forgeToken(key, header, without('iat'))],
  ['claims', 'iat as a text', withClaims({ iat: '1' })],
  ['claims', 'iat below zero', withClaims({ iat: -1 })],
  ['claims', 'nbf as a text', withClaims({ nbf: '1' })],
  ['claims', 'nbf with a fraction', withClaims({ nbf: nowSeconds - 10.5 })],
  ['claims', 'nbf as null', withClaims({ nbf: null })],
  ['claims', 'no sub', forgeToken(key, header, without('sub'))],
  ['claims', 'an empty sub', withClaims({ sub: '' })],
  ['claims', 'a blank sub', withClaims({ sub: '  ' })],
  ['claims', 'a sub that is a number', withClaims({ sub: 1 })],
  ['claims', 'a sub that is a list', withClaims({ sub: ['alice'] })],
  ['claims', 'a sub of 256 characters', withClaims({ sub: 'a'.repeat(256) })],
  ['claims', 'a sub with a line end', withClaims({ sub: 'alice\nlevel=error' })],
  ['claims', 'a sub with a NUL', withClaims({ sub: 'alice\0' })],
  ['claims', 'half a character in sub', withClaimsText((text) => text.replace('alice', '\\ud800'))],
  ['claims', 'an org that is a number', withClaims({ org: 1 })],
  ['claims', 'an org that is null', withClaims({ org: null })],
  ['claims', 'a scope that is a list', withClaims({ scope: ['platform'] })],
  ['claims', 'a jti that is a number', withClaims({ jti: 1 })],
  ['claims', 'sub named twice', withClaimsText((text) => text.replace('{', '{"sub":"bob",'))],
  [
    'claims',
    'sub named twice, once escaped',
    withClaimsText((text) => text.replace('{', '{"\\u0073ub":"bob",')),
  ],
  [
    'claims',
    'a member named twice further down',
    withClaimsText((text) => text.replace('{', '{"x":[{"a":1,"a":2}],')),
  ],
  [
    'claims',
    'a member __proto__',
    withClaimsText((text) => text.replace('{', '{"__proto__":{"sub":"bob"},')),
  ],
];

describe('createTokenVerifier', () => {
  it.each(accepted)('accepts %s', async (_title, token) => {
    await expect(createVerifier().verify(toBearerToken(token))).resolves.toMatchObject({
      issuer: 'https://issuer',
    });
  });

  it.each(refused)('refuses as %s: %s', async (reason, _title, token) => {
    const verify = async () => createVerifier().verify({ reveal: () => token });

    await expect(verify()).rejects.toThrow(TokenInvalidError);
    await expect(verify()).rejects.toMatchObject({ code: 'ERR_TOKEN_INVALID', reason });
  });

  it.each([' ', '\n', '\r\n', '\t', '\0', '\u00a0'])(
    'refuses white space %j around and inside a token',
    async (space) => {
      const { verify } = createVerifier();

      for (const token of [
        good + space,
        space + good,
        good.replace('.', `.${space}`),
        good.replace('.', `${space}.`),
      ]) {
        await expect(verify({ reveal: () => token })).rejects.toMatchObject({ reason: 'malformed' });
      }
    },
  );

  it('refuses bytes that are no UTF-8', async () => {
    const text = `${goodHeader}.${Buffer.concat([Buffer.from('{"sub":"'), Buffer.from([0xff]), Buffer.from('"}')]).toString('base64url')}`;
    const token = { reveal: () => `${text}.${signText(key, text)}` };

    await expect(createVerifier().verify(token)).rejects.toMatchObject({ reason: 'malformed' });
  });

  it('reads the principal from the claims and freezes it', async () => {
    const principal = await createVerifier().verify(toBearerToken(withClaims({ scope: 'platform  audit' })));

    expect(principal).toEqual({
      issuer: 'https://issuer',
      subject: 'alice',
      organization: 'acme',
      scopes: ['platform', 'audit'],
      audiences: ['graph-fleet', 'https://platform/mcp'],
      expiresAt: nowSeconds + 600,
      tokenId: 'token-1',
      clientId: 'chat',
    });
    expect(
      Object.isFrozen(principal) && Object.isFrozen(principal.scopes) && Object.isFrozen(principal.audiences),
    ).toBe(true);
  });

  it('holds the tolerance to the second', async () => {
    const { verify } = createVerifier({ toleranceSeconds: 30 });
    const at = (members: Record<string, unknown>) =>
      verify(toBearerToken(withClaims({ iat: nowSeconds - 600, ...members })));

    await expect(at({ exp: nowSeconds - 29 })).resolves.toBeDefined();
    await expect(at({ exp: nowSeconds - 30 })).rejects.toMatchObject({ reason: 'expired' });
    await expect(at({ nbf: nowSeconds + 30 })).resolves.toBeDefined();
    await expect(at({ nbf: nowSeconds + 31 })).rejects.toMatchObject({ reason: 'not-yet-valid' });
    await expect(at({ iat: nowSeconds + 30 })).resolves.toBeDefined();
    await expect(at({ iat: nowSeconds + 31 })).rejects.toMatchObject({ reason: 'not-yet-valid' });
  });

  it('forgives no second with a tolerance of zero', async () => {
    const { verify } = createVerifier({ toleranceSeconds: 0 });

    await expect(verify(toBearerToken(withClaims({ exp: nowSeconds + 1 })))).resolves.toBeDefined();
    await expect(verify(toBearerToken(withClaims({ exp: nowSeconds })))).rejects.toMatchObject({
      reason: 'expired',
    });
  });

  it('reads the clock at each token', async () => {
    let nowMs = nowSeconds * 1_000;
    const { verify } = createVerifier({ clock: () => nowMs });

    await expect(verify(toBearerToken(good))).resolves.toBeDefined();
    nowMs += 631_000;
    await expect(verify(toBearerToken(good))).rejects.toMatchObject({ reason: 'expired' });
  });

  it('accepts a life of exactly the maximum and refuses one second more', async () => {
    const { verify } = createVerifier({ maxLifetimeSeconds: 60 });

    await expect(verify(toBearerToken(withClaims({ exp: claims.iat + 60 })))).resolves.toBeDefined();
    await expect(verify(toBearerToken(withClaims({ exp: claims.iat + 61 })))).rejects.toMatchObject({
      reason: 'lifetime',
    });
  });

  it('refuses as expired what lives shorter than one use asks for', async () => {
    const { verify } = createVerifier();
    const withLife = (seconds: number) => toBearerToken(withClaims({ exp: nowSeconds + seconds }));

    await expect(verify(withLife(30), { lifeSeconds: 30 })).resolves.toBeDefined();
    await expect(verify(withLife(29), { lifeSeconds: 30 })).rejects.toMatchObject({ reason: 'expired' });
    await expect(verify(withLife(29))).resolves.toBeDefined();
  });

  it('leaves the end to the tolerance where no life is asked for', async () => {
    const { verify } = createVerifier();
    const ended = toBearerToken(withClaims({ iat: nowSeconds - 600, exp: nowSeconds - 29 }));

    await expect(verify(ended, { lifeSeconds: 0 })).resolves.toBeDefined();
    await expect(verify(ended, { lifeSeconds: 1 })).rejects.toMatchObject({ reason: 'expired' });
  });

  it('passes on that keys are unavailable', async () => {
    const unavailable = new KeysUnavailableError();
    const { verify } = createVerifier({ keys: () => Promise.reject(unavailable) });

    await expect(verify(toBearerToken(good))).rejects.toBe(unavailable);
  });

  it('looks up no key for a token whose form is wrong', async () => {
    let lookUps = 0;
    const keys = () => {
      lookUps += 1;
      return Promise.reject(new KeysUnavailableError());
    };

    await expect(
      createVerifier({ keys }).verify(toBearerToken(withHeader({ alg: 'none' }))),
    ).rejects.toBeDefined();
    expect(lookUps).toBe(0);
  });

  it('lets no token text and no claim into the errors', async () => {
    const { verify } = createVerifier();

    for (const [, , token] of refused) {
      const error = await verify({ reveal: () => token }).catch((reason: unknown) => reason);
      const shown = `${String(error)} ${JSON.stringify(error)} ${error instanceof Error ? String(error.stack) : ''}`;
      expect(error).not.toHaveProperty('cause');
      expect(shown).not.toMatch(/alice|acme|eyJ/);
    }
  });

  it.each([
    ['toleranceSeconds', { toleranceSeconds: 61 }],
    ['toleranceSeconds', { toleranceSeconds: -1 }],
    ['toleranceSeconds', { toleranceSeconds: Number.NaN }],
    ['maxLifetimeSeconds', { maxLifetimeSeconds: 0 }],
    ['issuer', { issuer: '' }],
    ['audience', { audience: '' }],
  ])('refuses to be made with a wrong %s', (name, options) => {
    expect(() => createVerifier(options)).toThrow(name);
  });
});

describe.each([
  ['the same object', (token: BearerToken) => token],
  ['another object of the same text', (token: BearerToken) => toBearerToken(token.reveal())],
])('a token that was proven, as %s', (_title, bring) => {
  const proven = async (
    options: Partial<TokenVerifierOptions> = {},
    text = forgeToken(key, header, claims),
  ) => {
    let now = nowSeconds;
    const verifier = createVerifier({ clock: () => now * 1_000, ...options });
    const token = toBearerToken(text);
    await verifier.verify(token);
    return {
      verifier,
      token,
      again: () => verifier.verify(bring(token)),
      moveTo: (time: number) => void (now = time),
    };
  };

  it('is not checked again by its signature, and gives the same principal', async () => {
    const checks = vi.spyOn(crypto.subtle, 'verify');
    const { again, verifier } = await proven();
    const first = checks.mock.calls.length;

    expect(await again()).toMatchObject({ subject: 'alice', tokenId: 'token-1' });
    expect(checks.mock.calls.length).toBe(first);
    // The same claims with another signature.
    await verifier.verify(toBearerToken(forgeToken(key, header, claims)));
    expect(checks.mock.calls.length).toBe(first + 1);
    checks.mockRestore();
  });

  it.each([
    ['expired', claims.exp + 30],
    ['not-yet-valid', claims.nbf - 31],
  ])('is %s at its time', async (reason, time) => {
    const { again, moveTo } = await proven();

    moveTo(time);

    await expect(again()).rejects.toMatchObject({ reason });
  });

  it('is asked for the life that each use needs', async () => {
    const { verifier, token } = await proven();

    await expect(verifier.verify(bring(token), { lifeSeconds: 601 })).rejects.toMatchObject({
      reason: 'expired',
    });
  });

  it('is checked again when its key was replaced, and refused by another', async () => {
    let keys = jwksKeys(keySet);
    const { again } = await proven({ keys: (...wanted) => keys(...wanted) });

    keys = jwksKeys({ keys: [{ ...stranger.jwk, kid: 'ES256' }] });

    await expect(again()).rejects.toMatchObject({ reason: 'signature' });
  });

  it('is refused when its key was withdrawn', async () => {
    let keys = jwksKeys(keySet);
    const { again } = await proven({ keys: (...wanted) => keys(...wanted) });

    keys = jwksKeys({ keys: others.map(({ jwk }) => jwk) });

    await expect(again()).rejects.toMatchObject({ reason: 'key' });
  });

  it('is good again where two keys have one name', async () => {
    const [, second] = twins;
    const { again } = await proven({}, forgeToken(second!, { ...header, kid: 'twin' }, claims));

    expect(await again()).toMatchObject({ subject: 'alice' });
  });
});
