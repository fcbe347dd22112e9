import { describe, expect, it } from 'vitest';
import { acceptedAlgorithms, checkCompactToken } from '../../src/auth/compact-token.js';
import { toPart } from '../../src/testing/forge-token.js';

const header = { alg: 'ES256', kid: 'k' };

describe('acceptedAlgorithms', () => {
  it('holds asymmetric algorithms only', () => {
    expect(acceptedAlgorithms.filter((name) => /^hs|none/i.test(name))).toEqual([]);
  });
});

describe('checkCompactToken', () => {
  it('accepts a token whose form is right, whoever signed it', () => {
    expect(() => {
      checkCompactToken(`${toPart(header)}.${toPart({ sub: 'alice' })}.AAAA`);
    }).not.toThrow();
  });

  it('names the first thing that is wrong: form, algorithm, header, claims', () => {
    const wrongClaims = toPart('{"a":1,"a":2}');
    const tokens = [
      `${toPart({ ...header, alg: 'none', x: 1 })}.${wrongClaims}.A`,
      `${toPart({ ...header, alg: 'none', x: 1 })}.${wrongClaims}.AAAA`,
      `${toPart({ ...header, x: 1 })}.${wrongClaims}.AAAA`,
      `${toPart(header)}.${wrongClaims}.AAAA`,
    ];
    const reasons = tokens.map((token) => {
      try {
        checkCompactToken(token);
        return undefined;
      } catch (error) {
        return (error as { reason: string }).reason;
      }
    });

    expect(reasons).toEqual(['malformed', 'algorithm', 'header', 'claims']);
  });

  it('refuses bytes that are no UTF-8, wherever they stand', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"alg":"ES256","kid":"'),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]);
    const part = bytes.toString('base64url');

    for (const token of [`${part}.${toPart({})}.AAAA`, `${toPart(header)}.${part}.AAAA`]) {
      expect(() => {
        checkCompactToken(token);
      }).toThrow(expect.objectContaining({ reason: 'malformed' }));
    }
  });

  it('reads deeply nested claims without running out of stack', () => {
    const nested = `${'['.repeat(2_500)}${']'.repeat(2_500)}`;

    expect(() => {
      checkCompactToken(`${toPart(header)}.${toPart(`{"a":${nested}}`)}.AAAA`);
    }).not.toThrow();
  });
});
