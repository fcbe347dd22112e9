import { describe, expect, it } from 'vitest';
import { hideJwts, secretSpellings } from '../src/token-text.js';
import { createForgingKey, forgeToken, toPart } from '../src/testing/forge-token.js';

const jwt = forgeToken(createForgingKey('ES256'), { alg: 'ES256', kid: 'k' }, { sub: 'alice' });
const jwe = `${toPart({ alg: 'dir', enc: 'A256GCM' })}..aXYtb2YtdGVzdHM.Y2lwaGVydGV4dA.dGFn`;

describe('hideJwts', () => {
  it.each([
    ['alone', jwt, '[redacted]'],
    ['behind its scheme', `Bearer ${jwt}`, 'Bearer [redacted]'],
    ['in a sentence', `It is ${jwt}. Then more.`, 'It is [redacted]. Then more.'],
    ['in quotes', `{"t":"${jwt}"}`, '{"t":"[redacted]"}'],
    ['twice', `${jwt},${jwt}`, '[redacted],[redacted]'],
    ['glued to a word', `token_${jwt}`, 'token_[redacted]'],
    ['behind a dotted name', `www.example.com.${jwt}`, 'www.example.com.[redacted]'],
    ['before a dotted name', `${jwt}.example.com`, '[redacted].example.com'],
    ['in a URL', `https://x.example/?t=${jwt}&u=1`, 'https://x.example/?t=[redacted]&u=1'],
    ['unsigned', `${toPart({ alg: 'none' })}.${toPart({})}.`, '[redacted]'],
    ['with spaces in its header', `${toPart('{ "alg": "ES256" }')}.e30.c2ln`, '[redacted]'],
    ['with lines in its header', `${toPart('{\n "alg": "ES256"}')}.e30.c2ln`, '[redacted]'],
    ['encrypted', `a ${jwe} b`, 'a [redacted] b'],
  ])('hides a token that stands %s', (_place, text, shown) => {
    expect(hideJwts(text)).toBe(shown);
  });

  it.each([
    'orders-production-database.cluster-ro-c9akciq32rgggg.us-east-1.rds.amazonaws.com',
    'ewallet-db.internal.example.com',
    'eyes.on.you',
    'eyJhbGciOiJFUzI1NiJ9',
    'eyJhbGciOiJFUzI1NiJ9.e30',
    `${toPart({ name: 'no header' })}.${toPart({ a: 1 })}.${toPart({ b: 2 })}`,
    `${toPart('["alg"]')}.e30.c2ln`,
    'sha256.9f86d081884c7d659a2feaa0c55ad015.a3bf4f1b2b0b822cd15d6c15b0f00a08',
    '1.2.3',
    '...',
  ])('leaves %s as it is', (text) => {
    expect(hideJwts(text)).toBe(text);
  });

  it.each([
    ['a long word', 'ey'.repeat(500_000)],
    ['many dots', 'ey.'.repeat(300_000)],
    ['many long labels', `${'ey'.repeat(1_000)}.`.repeat(300)],
  ])('reads %s to its end', (_title, text) => {
    expect(hideJwts(text)).toBe(text);
  });
});

describe('secretSpellings', () => {
  const secret = 'header-part-of-a-token.payload-part-of-it.short+/=';

  it('has the whole, its long parts, and no short one', () => {
    const spellings = secretSpellings(secret);

    expect(spellings).toContain(secret);
    expect(spellings).toContain('header-part-of-a-token');
    expect(spellings).toContain('payload-part-of-it');
    expect(spellings).toContain(encodeURIComponent(secret));
    expect(spellings).not.toContain('short+/=');
  });

  it.each(['', 'B', 'Be', 'Bearer ', 'Authorization: Bearer '])('knows it in base64 behind %j', (before) => {
    const bytes = Buffer.from(`${before}${secret} and more`);
    const known = secretSpellings(secret);

    for (const alphabet of ['base64', 'base64url'] as const)
      expect(known.some((spelling) => bytes.toString(alphabet).includes(spelling))).toBe(true);
  });

  it('begins with the longest, so that no rest of one is left by another', () => {
    const lengths = secretSpellings(secret).map((spelling) => spelling.length);

    expect(lengths).toEqual([...lengths].sort((a, b) => b - a));
  });
});
