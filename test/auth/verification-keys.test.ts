import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { createTokenVerifier } from '../../src/auth/token-verifier.js';
import { fileKeys, jwksKeys, remoteKeys, type VerificationKeys } from '../../src/auth/verification-keys.js';
import { createForgingKey, forgeToken, type ForgingKey } from '../../src/testing/forge-token.js';
import { sendKeys, sendText, startKeyServer, type Answer } from '../../src/testing/key-server.js';

const [first, second] = [createForgingKey('ES256', 'first'), createForgingKey('ES256', 'second')];
const folder = mkdtempSync(join(tmpdir(), 'keys-'));
const open: (() => Promise<void>)[] = [];

afterAll(() => {
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

function verifyWith(keys: VerificationKeys, key: ForgingKey, kid = key.kid) {
  const now = Math.floor(Date.now() / 1_000);
  const claims = { iss: 'i', aud: 'a', sub: 's', iat: now, exp: now + 60 };
  const token = toBearerToken(forgeToken(key, { alg: key.alg, kid }, claims));
  return createTokenVerifier({ issuer: 'i', audience: 'a', keys }).verify(token);
}

async function serveKeys(answer: Answer) {
  const server = await startKeyServer(answer);
  open.push(server.close);
  let nowMs = 0;
  const keys = remoteKeys(server.url, { clock: () => nowMs, timeoutMs: 2_000 });
  return {
    server,
    verify: (key: ForgingKey, kid?: string) => verifyWith(keys, key, kid),
    wait: (seconds: number) => {
      nowMs += seconds * 1_000;
    },
  };
}

const unavailable = { code: 'ERR_KEYS_UNAVAILABLE' };
const unknownKey = { code: 'ERR_TOKEN_INVALID', reason: 'key' };

describe('jwksKeys', () => {
  it('verifies with a set at hand', async () => {
    await expect(verifyWith(jwksKeys({ keys: [first.jwk] }), first)).resolves.toBeDefined();
  });

  it('refuses a set with a private key', () => {
    expect(() => jwksKeys({ keys: [first.privateKey.export({ format: 'jwk' })] })).toThrow(
      'jwks: holds a private',
    );
  });
});

describe('fileKeys', () => {
  const write = (name: string, text: string) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };

  it('reads the file at once', async () => {
    const keys = fileKeys(write('good.json', JSON.stringify({ keys: [first.jwk] })));
    rmSync(join(folder, 'good.json'));

    await expect(verifyWith(keys, first)).resolves.toBeDefined();
    await expect(verifyWith(keys, second)).rejects.toMatchObject(unknownKey);
  });

  it.each([
    [
      'a private key',
      JSON.stringify({ keys: [first.privateKey.export({ format: 'jwk' })] }),
      'holds a private',
    ],
    ['a symmetric key', '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}', 'holds a private or symmetric key'],
    ['no JSON', 'canary', 'cannot read'],
    ['no key', '{"keys":[]}', 'holds no EC, RSA or OKP key'],
  ])('stops at a file with %s', (_title, text, words) => {
    const file = write('bad.json', text);

    expect(() => fileKeys(file)).toThrow(
      expect.objectContaining({ path: 'AUTH_JWKS_FILE', message: expect.stringContaining(words) }),
    );
    expect(() => fileKeys(file)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('canary') }),
    );
  });

  it('stops at a file that is not there', () => {
    expect(() => fileKeys(join(folder, 'none.json'))).toThrow('AUTH_JWKS_FILE: cannot read');
  });
});

describe('remoteKeys', () => {
  it.each([
    'http://issuer.example/jwks',
    'ftp://issuer/jwks',
    'file:///etc/jwks',
    'jwks',
    'https://u:p@issuer/jwks',
  ])('refuses the address %s', (url) => {
    expect(() => remoteKeys(url)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', path: 'AUTH_JWKS_URL' }),
    );
  });

  it('asks nothing before the first token and once for fifty at a time', async () => {
    const { server, verify } = await serveKeys(sendKeys(first));

    expect(server.requests()).toBe(0);
    await Promise.all(Array.from({ length: 50 }, () => verify(first)));
    await verify(first);
    expect(server.requests()).toBe(1);
  });

  it('accepts a new key within one cooldown', async () => {
    const { server, verify, wait } = await serveKeys(sendKeys(first));
    await verify(first);
    server.answerWith(sendKeys(first, second));

    await expect(verify(second)).rejects.toMatchObject(unknownKey);
    wait(5);
    await expect(verify(second)).resolves.toBeDefined();
    expect(server.requests()).toBe(2);
  });

  it('refuses a withdrawn key after ten minutes, or as soon as a new key is seen', async () => {
    const { server, verify, wait } = await serveKeys(sendKeys(first));
    await verify(first);
    server.answerWith(sendKeys(second));

    wait(599);
    await expect(verify(first)).resolves.toBeDefined();
    wait(1);
    await expect(verify(first)).rejects.toMatchObject(unknownKey);
  });

  it('asks once a cooldown, however many unknown keys are named', async () => {
    const { server, verify, wait } = await serveKeys(sendKeys(first));
    const flood = () =>
      Promise.allSettled(Array.from({ length: 200 }, (_, at) => verify(first, `kid-${String(at)}`)));

    await flood();
    await flood();
    expect(server.requests()).toBe(1);
    wait(5);
    await flood();
    expect(server.requests()).toBe(2);
  });

  it('asks a failing server once a cooldown, however many tokens come', async () => {
    const { server, verify, wait } = await serveKeys(sendText('', 500));
    const flood = () => Promise.allSettled(Array.from({ length: 20 }, () => verify(first)));

    expect((await flood()).every((result) => result.status === 'rejected')).toBe(true);
    await flood();
    expect(server.requests()).toBe(1);
    wait(5);
    await flood();
    expect(server.requests()).toBe(2);
  });

  it('finds keys unavailable, not the token wrong, when the server is down at the start, and recovers', async () => {
    const { server, verify, wait } = await serveKeys(sendText('', 503));

    await expect(verify(first)).rejects.toMatchObject(unavailable);
    server.answerWith(sendKeys(first));
    await expect(verify(first)).rejects.toMatchObject(unavailable);
    wait(5);
    await expect(verify(first)).resolves.toBeDefined();
  });

  it('finds keys unavailable when nothing listens', async () => {
    const { server, verify } = await serveKeys(sendKeys(first));
    await server.close();
    open.length = 0;

    await expect(verify(first)).rejects.toMatchObject({ ...unavailable, cause: unavailable });
  });

  it('goes on with the keys it has for ten minutes after they should have been renewed', async () => {
    const { server, verify, wait } = await serveKeys(sendKeys(first));
    await verify(first);
    server.answerWith(sendText('', 500));

    wait(1_199);
    await expect(verify(first)).resolves.toBeDefined();
    wait(1);
    await expect(verify(first)).rejects.toMatchObject(unavailable);
  });

  it('cannot tell about an unknown key while the server fails', async () => {
    const { server, verify, wait } = await serveKeys(sendKeys(first));
    await verify(first);
    server.answerWith(sendText('', 500));
    wait(5);

    await expect(verify(second)).rejects.toMatchObject(unavailable);
    await expect(verify(first)).resolves.toBeDefined();
    await expect(verify(second)).rejects.toMatchObject(unavailable);
    expect(server.requests()).toBe(2);
  });

  it('keeps the old keys when the new answer holds none', async () => {
    const { server, verify, wait } = await serveKeys(sendKeys(first));
    await verify(first);
    server.answerWith(sendText('{"keys":[]}'));
    wait(601);

    await expect(verify(first)).resolves.toBeDefined();
  });

  it('trusts no key that was published with its private part', async () => {
    const leaked = { jwk: { ...first.privateKey.export({ format: 'jwk' }), kid: 'first' } };
    const { verify } = await serveKeys(sendKeys(leaked, second));

    await expect(verify(second)).resolves.toBeDefined();
    await expect(verify(first)).rejects.toMatchObject(unknownKey);
  });

  it('follows no redirect', async () => {
    const target = await startKeyServer(sendKeys(first));
    open.push(target.close);
    const { verify } = await serveKeys((response) => response.writeHead(307, { location: target.url }).end());

    await expect(verify(first)).rejects.toMatchObject(unavailable);
    expect(target.requests()).toBe(0);
  });
});
