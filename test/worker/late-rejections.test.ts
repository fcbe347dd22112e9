import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const source = (file: string): string => JSON.stringify(join(import.meta.dirname, '../../src', file));

/** A process in which one rejection is looked at late and one never; its clock is moved by hand. */
function run() {
  const program = `
    import { outliveRejections } from ${source('worker/late-rejections.ts')};
    import { createLogger } from ${source('logger.ts')};
    const timers = [];
    globalThis.setTimeout = (work) => { const timer = { work, unref: () => timer }; timers.push(timer); return timer; };
    globalThis.clearTimeout = (timer) => { if (timer) timer.work = () => undefined; };
    outliveRejections(createLogger({ format: 'json' }));
    const late = Promise.reject(new Error('late'));
    Promise.reject(new Error('never'));
    setImmediate(() => {
      late.catch(() => undefined);
      setImmediate(() => setImmediate(() => { for (const timer of timers) timer.work(); console.log('alive'); }));
    });
  `;
  const words = ['--import', 'tsx', '--input-type=module', '-e', program];
  return spawnSync(process.execPath, words, { encoding: 'utf8' });
}

describe('outliveRejections', () => {
  it('keeps the process alive, and logs what nobody looked at in time', () => {
    const { status, stdout, stderr } = run();

    expect([status, stdout]).toEqual([0, 'alive\n']);
    expect(JSON.parse(stderr)).toMatchObject({ event: 'worker.rejection', error: { message: 'never' } });
  });
});
