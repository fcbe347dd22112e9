import { describe, expect, it } from 'vitest';
import type { ServerEvent } from '../../../src/commands/demo/server-events.js';
import { readServerEvents } from '../../../src/commands/demo/server-events.js';

async function read(text: string, size: number): Promise<ServerEvent[]> {
  const bytes = Buffer.from(text);
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
  }
  const events: ServerEvent[] = [];
  for await (const event of readServerEvents(body())) events.push(event);
  return events;
}

describe('readServerEvents', () => {
  it.each([1, 2, 3, 7, 1000])('reads the same events from pieces of %i bytes', async (size) => {
    const text = ': hello\n\nevent: a\ndata: {"x":"é数"}\nid: 4\n\ndata: one\ndata: two\n\n';

    expect(await read(text, size)).toEqual([
      { name: 'a', data: '{"x":"é数"}' },
      { name: 'message', data: 'one\ntwo' },
    ]);
  });

  it.each(['\n', '\r\n', '\r'])('ends lines at %j', async (end) => {
    const text = ['event: a', 'data: 1', '', 'data:2', '', ''].join(end);

    expect(await read(text, 1)).toEqual([
      { name: 'a', data: '1' },
      { name: 'message', data: '2' },
    ]);
  });

  it('drops an event that is cut off', async () => {
    expect(await read('data: 1\n\ndata: 2', 100)).toEqual([{ name: 'message', data: '1' }]);
  });
});
