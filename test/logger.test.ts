import { describe, expect, it } from 'vitest';
import { createLogger, silentLogger, type LoggerOptions } from '../src/logger.js';

function record(options: LoggerOptions = {}) {
  const lines: string[] = [];
  const logger = createLogger({ format: 'json', ...options, write: (line) => lines.push(line) });
  const last = (): unknown => JSON.parse(lines.at(-1) ?? '');
  return { lines, logger, last };
}

const forged = 'a\nb\r\nc\u2028d\u0085e\u001b[31mf\u009b2Jg\u202eh\0';

describe('createLogger', () => {
  it('writes one JSON object a line: time, level, event, fields', () => {
    const { lines, logger, last } = record();

    logger.info('mcp.tools.loaded', { server: 'cloud-platform', count: 7 });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{"time":"\d{4}-[^"]+Z","level":"info","event":"mcp.tools.loaded","server":/);
    expect(last()).toMatchObject({ server: 'cloud-platform', count: 7 });
  });

  it('drops what is below the level', () => {
    const { lines, logger } = record({ level: 'warn' });

    logger.debug('a');
    logger.info('b');
    logger.warn('c');
    logger.error('d');
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(['c', 'd']);
  });

  it('drops debug when no level is given', () => {
    const { lines, logger } = record();

    logger.debug('a');
    expect(lines).toEqual([]);
  });

  it('adds the fields of a child to those of its parent', () => {
    const { logger, last } = record({ fields: { component: 'a', run: 1 } });

    logger.child({ run: 2 }).child({ thread: 't' }).warn('x', { count: 1 });
    expect(last()).toMatchObject({ component: 'a', run: 2, thread: 't', count: 1 });
  });

  it('keeps time, level and event its own', () => {
    const { logger, last } = record();

    logger.info('real', { level: 'error', event: 'forged', time: 'never' });
    expect(last()).toMatchObject({ level: 'info', event: 'real', time: expect.stringMatching(/^\d{4}-/) });
  });

  it('takes secrets out of values, names of members, and the event', () => {
    const { lines, logger } = record();

    logger.info('Bearer canary', {
      header: 'Bearer canary',
      authorization: 'canary',
      deep: { 'Bearer canary': 1 },
    });
    expect(lines.join()).not.toContain('canary');
  });

  it.each(['json', 'pretty'] as const)('lets no value forge a %s line or command the terminal', (format) => {
    const { lines, logger } = record({ format });

    logger.info(forged, { [forged]: forged, list: [forged], error: new Error(forged) });
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u);
  });

  it('gives back in JSON exactly what was logged, control characters included', () => {
    const { logger, last } = record();

    logger.info('x', { text: forged });
    expect(last()).toMatchObject({ text: forged });
  });

  it('writes for people: time, level, event, then words', () => {
    const { lines, logger } = record({ format: 'pretty' });

    logger.warn('server.down', { server: 'cloud-platform', message: 'no answer', left: undefined, count: 2 });
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d warn {2}server\.down server=cloud-platform message="no answer" count=2$/,
    );
  });

  it('never throws, neither for a field nor for a line that cannot be written', () => {
    const fields = {
      get broken(): string {
        throw new Error('broken');
      },
    };
    const failing = createLogger({
      format: 'json',
      write: () => {
        throw new Error('disk full');
      },
    });

    expect(() => {
      record().logger.info('x', fields);
      failing.info('x');
    }).not.toThrow();
  });
});

describe('silentLogger', () => {
  it('takes every call and makes children that are silent too', () => {
    expect(() => {
      silentLogger.child({ a: 1 }).error('x');
    }).not.toThrow();
  });
});
