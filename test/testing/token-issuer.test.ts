import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { TokenVerifier } from '../../src/auth/token-verifier.js';
import { createTokenVerifier } from '../../src/auth/token-verifier.js';
import { createManualClock } from '../../src/testing/manual-clock.js';
import type { TokenIssuer } from '../../src/testing/token-issuer.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

const clock = createManualClock();
const audience = 'the-door';

function createVerifier(issuer: TokenIssuer): TokenVerifier {
  return createTokenVerifier({ issuer: issuer.issuer, audience, keys: issuer.keys, clock: clock.now });
}

async function refusalOf(verifier: TokenVerifier, token: string): Promise<string | undefined> {
  try {
    await verifier.verify(toBearerToken(token));
    return undefined;
  } catch (error) {
    return (error as { reason?: string }).reason ?? String(error);
  }
}

describe('createTokenIssuer', () => {
  it('issues tokens that its keys verify, each with an id of its own', async () => {
    const issuer = createTokenIssuer([audience], clock.now);
    const verifier = createVerifier(issuer);
    const [one, two] = await Promise.all(
      [issuer.token('alice'), issuer.token('alice')].map((token) => verifier.verify(toBearerToken(token))),
    );

    expect(one).toMatchObject({ subject: 'alice', audiences: [audience], organization: 'acme' });
    expect(one?.tokenId).not.toBe(two?.tokenId);
  });

  it('puts given claims in the place of the usual ones', async () => {
    const issuer = createTokenIssuer([audience], clock.now);

    expect(await refusalOf(createVerifier(issuer), issuer.token('alice', { aud: 'elsewhere' }))).toBe(
      'audience',
    );
    expect(await refusalOf(createVerifier(issuer), issuer.token('alice', { exp: undefined }))).toBe('claims');
  });

  it('rotates: a new key signs, and the earlier one still verifies until it is withdrawn', async () => {
    const issuer = createTokenIssuer([audience], clock.now);
    const verifier = createVerifier(issuer);
    const earlier = issuer.token('alice');
    const kid = issuer.rotate();
    const later = issuer.token('alice');

    expect(issuer.jwks.keys.map((key) => key['kid'])).toEqual(['test-key', kid]);
    expect([await refusalOf(verifier, earlier), await refusalOf(verifier, later)]).toEqual([
      undefined,
      undefined,
    ]);
    issuer.withdraw('test-key');
    expect([await refusalOf(verifier, earlier), await refusalOf(verifier, later)]).toEqual([
      'key',
      undefined,
    ]);
  });

  it('goes on with a new key when the one that signs is withdrawn', async () => {
    const issuer = createTokenIssuer([audience], clock.now);
    issuer.withdraw('test-key');

    expect(await refusalOf(createVerifier(issuer), issuer.token('alice'))).toBeUndefined();
    expect(issuer.jwks.keys).toHaveLength(1);
  });

  it('publishes no private half', () => {
    expect(JSON.stringify(createTokenIssuer([audience]).jwks)).not.toContain('"d"');
  });
});
