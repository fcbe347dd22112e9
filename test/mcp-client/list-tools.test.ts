import { describe, expect, it } from 'vitest';
import type { ToolListing } from '../../src/mcp-client/list-tools.js';
import { listTools } from '../../src/mcp-client/list-tools.js';

interface Page {
  readonly tools: readonly object[];
  readonly nextCursor?: string | undefined;
}

function toolsOf(count: number, prefix = 'tool') {
  return Array.from({ length: count }, (_, index) => ({
    name: `${prefix}-${String(index)}`,
    inputSchema: { type: 'object' },
  }));
}

/** A server that gives the page of each cursor, and which cursors it was asked for. */
function serve(pageOf: (cursor: string | undefined) => Page, capabilities: object = { tools: {} }) {
  const asked: (string | undefined)[] = [];
  const client = {
    getServerCapabilities: () => capabilities,
    request: (request: { params?: { cursor?: string } }) => {
      asked.push(request.params?.cursor);
      return Promise.resolve(pageOf(request.params?.cursor));
    },
  } as unknown as ToolListing['client'];
  const bounds = { maxPages: 5, maxTools: 20, maxSize: 10_000 };
  const list = () => listTools({ client, server: 'files', timeoutMs: 1000, bounds });
  return { asked, list };
}

const bound = { failure: { outcome: 'contract' } };

describe('listTools', () => {
  it('follows the cursor through all pages', async () => {
    const { asked, list } = serve((cursor = '0') => ({
      tools: toolsOf(2, cursor),
      nextCursor: cursor === '2' ? undefined : String(Number(cursor) + 1),
    }));

    expect((await list()).tools.map(({ name }) => name)).toEqual(['0-0', '0-1', '1-0', '1-1', '2-0', '2-1']);
    expect(asked).toEqual([undefined, '1', '2']);
  });

  it('asks a server without tools nothing', async () => {
    const { asked, list } = serve(() => ({ tools: [] }), {});

    expect(await list()).toEqual({ tools: [], ttlMs: undefined });
    expect(asked).toEqual([]);
  });

  it('stops at a cursor that came before', async () => {
    const { asked, list } = serve((cursor) => ({
      tools: toolsOf(1),
      nextCursor: cursor === 'a' ? 'b' : 'a',
    }));

    expect((await list()).tools).toHaveLength(3);
    expect(asked).toEqual([undefined, 'a', 'b']);
  });

  it.each([
    ['pages', () => serve((cursor = '0') => ({ tools: [], nextCursor: `${cursor}x` }))],
    ['tools', () => serve(() => ({ tools: toolsOf(21) }))],
    ['bytes', () => serve(() => ({ tools: [{ ...toolsOf(1)[0], description: 'x'.repeat(10_000) }] }))],
  ])('gives nothing of a server that lists too many %s', async (_title, start) => {
    const { list } = start();

    await expect(list()).rejects.toMatchObject(bound);
  });

  it('gives nothing when a later page fails', async () => {
    const { list } = serve((cursor) => {
      if (cursor === 'b') throw new Error('page three');
      return { tools: toolsOf(1), nextCursor: cursor === undefined ? 'a' : 'b' };
    });

    await expect(list()).rejects.toThrow('page three');
  });
});
