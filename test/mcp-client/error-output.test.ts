import { describe, expect, it } from 'vitest';
import type { LogFields, Logger } from '../../src/logger.js';
import { silentLogger } from '../../src/logger.js';
import { createErrorOutput } from '../../src/mcp-client/error-output.js';
import { createSecretRedactor } from '../../src/mcp-client/secret-redactor.js';

function create() {
  const logged: (LogFields & { event: string })[] = [];
  const note = (event: string, fields: LogFields = {}): void => void logged.push({ event, ...fields });
  const logger: Logger = { ...silentLogger, info: note, warn: note };
  const redactor = createSecretRedactor();
  redactor.learn('secret-key');
  let now = 0;
  const output = createErrorOutput({ server: 'local', redactor, logger, clock: () => now });
  const write = (text: string): void => {
    output.write(Buffer.from(text));
  };
  return { logged, output, write, wait: (ms: number) => (now += ms) };
}

describe('createErrorOutput', () => {
  it('logs line by line, the last one at the end', () => {
    const { logged, output, write } = create();

    write('one\ntw');
    write('o\n\nthree');
    output.end();

    expect(logged).toEqual(
      ['one', 'two', 'three'].map((line) => ({ event: 'mcp.server.stderr', server: 'local', line })),
    );
  });

  it('takes secrets out, also where the line is cut', () => {
    const { logged, write } = create();

    write(`the secret-key\n${'x'.repeat(495)}secret-key\n`);

    expect(logged.map(({ line }) => line)).toEqual(['the [redacted]', `${'x'.repeat(495)}[reda`]);
  });

  it('keeps no more of an endless line than it shows some times over', () => {
    const { logged, output, write } = create();

    for (let chunk = 0; chunk < 1000; chunk += 1) write('y'.repeat(10_000));
    output.end();

    expect(logged).toMatchObject([{ line: 'y'.repeat(500) }]);
  });

  it('logs so many lines a minute and counts the others', () => {
    const { logged, output, write, wait } = create();

    write('line\n'.repeat(150));
    wait(60_000);
    write('line\n'.repeat(2));
    output.end();

    expect(logged.filter(({ event }) => event === 'mcp.server.stderr')).toHaveLength(102);
    expect(logged[100]).toEqual({ event: 'mcp.server.stderr-cut', server: 'local', lines: 50 });
    expect(logged).toHaveLength(103);
  });
});
