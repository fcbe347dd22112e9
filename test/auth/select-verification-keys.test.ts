import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { loadDevelopmentKeys } from '../../src/auth/development-keys.js';
import { mintDevelopmentToken } from '../../src/auth/development-principals.js';
import { selectVerificationKeys } from '../../src/auth/select-verification-keys.js';
import { createTokenVerifier } from '../../src/auth/token-verifier.js';
import { createForgingKey } from '../../src/testing/forge-token.js';

let folder = '';
const key = createForgingKey('ES256');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'select-keys-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('selectVerificationKeys', () => {
  it('takes the development keys when nothing else is named', async () => {
    const dataDir = join(folder, 'data');
    const keys = await selectVerificationKeys({ dataDir });
    const token = await mintDevelopmentToken(await loadDevelopmentKeys(dataDir), {
      name: 'alice',
      issuer: 'i',
      audiences: ['a'],
      ttlSeconds: 60,
    });

    await expect(
      createTokenVerifier({ issuer: 'i', audience: 'a', keys }).verify(toBearerToken(token)),
    ).resolves.toMatchObject({ subject: 'alice', organization: 'acme', scopes: ['platform'] });
  });

  it('takes the file and makes no development keys', async () => {
    const jwksFile = join(folder, 'jwks.json');
    writeFileSync(jwksFile, JSON.stringify({ keys: [key.jwk] }));

    await selectVerificationKeys({ jwksFile, dataDir: join(folder, 'data') });
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  it('takes the address, which must be https or loopback', async () => {
    const dataDir = join(folder, 'data');

    await expect(selectVerificationKeys({ jwksUrl: 'https://issuer/jwks', dataDir })).resolves.toBeTypeOf(
      'function',
    );
    await expect(selectVerificationKeys({ jwksUrl: 'http://issuer/jwks', dataDir })).rejects.toMatchObject({
      path: 'AUTH_JWKS_URL',
    });
    expect(existsSync(dataDir)).toBe(false);
  });
});
