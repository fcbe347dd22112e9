import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { fetchKeySet } from '../../src/auth/fetch-key-set.js';
import { createForgingKey } from '../../src/testing/forge-token.js';
import { sendKeys, sendText, startKeyServer, type Answer } from '../../src/testing/key-server.js';

const key = createForgingKey('ES256');
const open: (() => Promise<void>)[] = [];

async function serve(answer: Answer) {
  const server = await startKeyServer(answer);
  open.push(server.close);
  const load = (timeoutMs = 2_000) => fetchKeySet(new URL(server.url), { fetch, timeoutMs });
  return { server, load };
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

describe('fetchKeySet', () => {
  it('returns the usable keys', async () => {
    const { load } = await serve(sendKeys(key, { jwk: { kty: 'oct', k: 'c2VjcmV0' } }));

    await expect(load()).resolves.toEqual({ keys: [key.jwk] });
  });

  it.each([
    ['status 500', sendText('{"keys":[]}', 500)],
    ['status 404 with keys in it', sendText(JSON.stringify({ keys: [key.jwk] }), 404)],
    ['status 204', ((response) => response.writeHead(204).end()) satisfies Answer],
    ['HTML', sendText('<html></html>')],
    ['an empty body', sendText('')],
    ['no key', sendText('{"keys":[]}')],
    [
      'a redirect to the same server',
      ((response) => response.writeHead(302, { location: '/other' }).end()) satisfies Answer,
    ],
    ['more than 64 KiB', sendText(JSON.stringify({ keys: [key.jwk], filler: 'a'.repeat(65_536) }))],
    ['a connection that breaks', ((response) => response.destroy()) satisfies Answer],
    [
      'a body that breaks',
      ((response) => response.writeHead(200).write('{"keys":', () => response.destroy())) satisfies Answer,
    ],
  ])('finds keys unavailable at %s', async (_title, answer) => {
    const { server, load } = await serve(answer);

    await expect(load()).rejects.toMatchObject({ code: 'ERR_KEYS_UNAVAILABLE', retryable: true });
    expect(server.paths).toEqual(['/jwks']);
  });

  it('tells the operator why in the cause, without the server’s words', async () => {
    const refused = await serve((response) => response.destroy());
    const garbled = await serve(sendText('canary'));

    await expect(refused.load()).rejects.toMatchObject({ cause: expect.any(Error) });
    await expect(garbled.load()).rejects.not.toHaveProperty('cause');
  });

  it('gives up on a server that sends no headers', async () => {
    const { load } = await serve(() => undefined);

    await expect(load(50)).rejects.toMatchObject({ code: 'ERR_KEYS_UNAVAILABLE' });
  });

  it('gives up on a server that stops in the middle of the body', async () => {
    const { load } = await serve((response) => response.writeHead(200).write('{"keys":['));

    await expect(load(50)).rejects.toMatchObject({ code: 'ERR_KEYS_UNAVAILABLE' });
  });

  it('stops an endless body at the limit and frees the connection', async () => {
    let sent = 0;
    let closed: Promise<unknown> = Promise.resolve();
    const { load } = await serve((response) => {
      closed = once(response, 'close');
      const send = (): void => {
        if (response.destroyed) return;
        sent += 16_384;
        response.write(' '.repeat(16_384), send);
      };
      response.writeHead(200);
      send();
    });

    await expect(load(20_000)).rejects.toMatchObject({ code: 'ERR_KEYS_UNAVAILABLE' });
    await closed;
    expect(sent).toBeLessThan(50_000_000);
  });
});
