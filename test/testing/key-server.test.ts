import { afterEach, describe, expect, it } from 'vitest';
import type { KeyServer } from '../../src/testing/key-server.js';
import {
  cutConnection,
  holdAnswer,
  sendHtml,
  sendHuge,
  sendKeys,
  sendPublishedKeys,
  sendText,
  startKeyServer,
} from '../../src/testing/key-server.js';
import { createForgingKey } from '../../src/testing/forge-token.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

let server: KeyServer;

afterEach(() => server.close());

async function kids(): Promise<unknown[]> {
  // What a key server sends.
  const { keys } = (await (await fetch(server.url)).json()) as { keys: { kid: unknown }[] };
  return keys.map(({ kid }) => kid);
}

describe('startKeyServer', () => {
  it('counts its requests and gives the answer that was set last', async () => {
    server = await startKeyServer(sendKeys(createForgingKey('ES256', 'one')));
    const first = await kids();
    server.answerWith(sendText('down', 503));

    expect([first, (await fetch(server.url)).status]).toEqual([['one'], 503]);
    expect([server.requests(), server.paths]).toEqual([2, ['/jwks', '/jwks']]);
  });

  it('is gone while it is stopped, and back on the same port', async () => {
    server = await startKeyServer(sendKeys());
    await server.stop();
    await expect(kids()).rejects.toThrow('fetch failed');
    await server.restart();

    expect(await kids()).toEqual([]);
  });
});

describe('the answers of a key server', () => {
  it('show an issuer’s rotation', async () => {
    const issuer = createTokenIssuer(['anywhere']);
    server = await startKeyServer(sendPublishedKeys(issuer));
    const kid = issuer.rotate();
    const both = await kids();
    issuer.withdraw('test-key');

    expect([both, await kids()]).toEqual([['test-key', kid], [kid]]);
  });

  it('may be a page, too large, or none', async () => {
    server = await startKeyServer(sendHtml());
    const page = await fetch(server.url);
    server.answerWith(sendHuge(1_000_000));
    const huge = await (await fetch(server.url)).text();
    server.answerWith(cutConnection());

    expect([page.headers.get('content-type'), await page.text()]).toEqual([
      'text/html',
      expect.stringContaining('<!doctype html>'),
    ]);
    expect(huge.length).toBeGreaterThan(1_000_000);
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');
  });

  it('may wait until they are released', async () => {
    const held = holdAnswer(sendKeys());
    let arrived = (): void => undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    server = await startKeyServer((response) => {
      held.answer(response);
      arrived();
    });
    let answered = false;
    const asking = kids().then(() => (answered = true));
    await arrival;

    expect(answered).toBe(false);
    held.release();
    expect(await asking).toBe(true);
    expect(await kids()).toEqual([]);
  });
});
