import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { listen } from '../../src/mcp-server/listen.js';

describe('listen', () => {
  it('takes a free port for 0 and tells it', async () => {
    const server = createServer();
    const { url, port } = await listen(server, '127.0.0.1', 0);
    expect(port).toBeGreaterThan(0);
    expect(url).toBe(`http://127.0.0.1:${String(port)}/mcp`);
    server.close();
  });

  it('writes an IPv6 address in brackets', async () => {
    const server = createServer();
    const { url } = await listen(server, '::1', 0);
    expect(new URL(url).hostname).toBe('[::1]');
    server.close();
  });

  it('says in one sentence that a port is taken, naming PLATFORM_PORT', async () => {
    const first = createServer();
    const { port } = await listen(first, '127.0.0.1', 0);
    await expect(listen(createServer(), '127.0.0.1', port)).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: `PLATFORM_PORT: port ${String(port)} is taken; stop what listens there, or set another.`,
    });
    first.close();
  });

  it('names HOST for an address that is not this machine’s', async () => {
    await expect(listen(createServer(), '192.0.2.1', 0)).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      path: 'HOST',
    });
  });
});
