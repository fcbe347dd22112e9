import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { toBearerToken } from '../../../src/auth/bearer-token.js';
import type { ServerCheck } from '../../../src/commands/mcp-check/check-server.js';
import { checkServer } from '../../../src/commands/mcp-check/check-server.js';
import type { McpServerConfig } from '../../../src/config/mcp-servers.js';
import { createClientPool } from '../../../src/mcp-client/client-pool.js';
import { createCredential } from '../../../src/mcp-client/credential.js';
import { createToolCatalogs } from '../../../src/mcp-client/tool-catalog.js';
import { startLoopbackListener } from '../../../src/testing/loopback-listener.js';
import { startRawMcpServer } from '../../support/raw-mcp-server.js';
import { callerFor } from '../../support/test-platform.js';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function check(differences: object): Promise<ServerCheck> {
  const server = {
    name: 'files',
    type: 'http',
    required: true,
    auth: { mode: 'none' },
    connectTimeoutMs: 300,
    callTimeoutMs: 300,
    ...differences,
  } as McpServerConfig;
  const pool = createClientPool({ health: { retries: { maxRetries: 0 } } });
  closing.push(pool.close);
  const credential = createCredential(toBearerToken('a-token'), callerFor('alice').principal);
  return (await checkServer({ server, credential, pool, catalogs: createToolCatalogs() })).check;
}

/** A server that answers every request so. */
async function serverThat(answer: (response: ServerResponse) => void): Promise<string> {
  const listener = await startLoopbackListener((_request, response) => {
    answer(response);
  });
  closing.push(listener.stop);
  return `${listener.origin}/mcp`;
}

describe('checkServer', () => {
  it('says how long connecting and listing took, and what is offered', async () => {
    const { url, close } = await startRawMcpServer('2026');
    closing.push(close);

    expect(await check({ url })).toEqual({
      name: 'files',
      type: 'http',
      state: 'up',
      required: true,
      connectMs: expect.any(Number),
      listMs: expect.any(Number),
      tools: expect.arrayContaining([expect.any(String)]),
      unusable: 0,
    });
  });

  it.each<[string, (response: ServerResponse) => void, string, string]>([
    ['never answers', () => undefined, 'unavailable', 'It cannot be used now: no answer in time.'],
    [
      'answers 503 with words',
      (response) => response.writeHead(503).end('words of the server'),
      'unavailable',
      'It cannot be used now: HTTP 503.',
    ],
    [
      'answers 404',
      (response) => response.writeHead(404).end('words of the server'),
      'contract',
      'It answers with HTTP 404.',
    ],
    [
      'answers 403',
      (response) => response.writeHead(403).end(),
      'permission-denied',
      'It answers with HTTP 403.',
    ],
  ])('says what is wrong with a server that %s', async (_title, answer, state, fault) => {
    expect(await check({ url: await serverThat(answer) })).toMatchObject({
      state,
      fault,
      connectMs: null,
      listMs: null,
      tools: [],
    });
  });

  it('names the system’s reason when there is no server', async () => {
    expect(await check({ url: 'http://127.0.0.1:9/mcp' })).toMatchObject({
      state: 'unavailable',
      fault: expect.stringMatching(/^It cannot be used now/),
    });
    const stdio = { type: 'stdio', command: 'no-such-program', args: [], env: {}, shared: false };
    expect(await check(stdio)).toMatchObject({
      state: 'unavailable',
      fault: 'It cannot be used now: ENOENT.',
    });
  });

  it('says of a server that the token is not meant for what the person would be told', async () => {
    const url = await serverThat((response) => response.writeHead(401).end());

    expect(await check({ url, auth: { mode: 'forward', audience: 'https://elsewhere' } })).toMatchObject({
      state: 'unauthenticated',
      fault: 'Your token is not meant for the server "files"; sign in for its audience.',
    });
  });
});
