import { describe, expect, it } from 'vitest';
import { createMessageLines } from '../../src/mcp-client/message-lines.js';

const message = (id: number) => ({ jsonrpc: '2.0', id, result: { text: 'ä' } });
const line = (id: number) => `${JSON.stringify(message(id))}\n`;

describe('createMessageLines', () => {
  it('reads messages from bytes cut anywhere', () => {
    const { read } = createMessageLines();
    const bytes = Buffer.from(line(1) + line(2));

    const messages = [...bytes].flatMap((byte) => read(Buffer.from([byte])));

    expect(messages).toEqual([message(1), message(2)]);
  });

  it('reads several messages from one chunk, with either line end', () => {
    const { read } = createMessageLines();

    expect(read(Buffer.from(line(1).replace('\n', '\r\n') + line(2)))).toEqual([message(1), message(2)]);
  });

  it.each([
    'Welcome to the server!',
    '',
    '{"level":"info","msg":"a log line"}',
    '{"jsonrpc":"2.0"}',
    '{"half":',
    '[1,2]',
    'null',
    '\u0000\uffff',
  ])('skips the line %j', (noise) => {
    const { read } = createMessageLines();

    expect(read(Buffer.from(`${noise}\n${line(1)}`))).toEqual([message(1)]);
  });

  it('refuses a line beyond the cap, whole or not', () => {
    expect(() => createMessageLines(10).read(Buffer.from('x'.repeat(11)))).toThrow(RangeError);
    expect(() => createMessageLines(10).read(Buffer.from(`${'x'.repeat(11)}\n`))).toThrow(RangeError);
  });

  it('counts each line for itself', () => {
    const { read } = createMessageLines(10);

    expect(() => read(Buffer.from(`${'x'.repeat(9)}\n`.repeat(5)))).not.toThrow();
  });
});
