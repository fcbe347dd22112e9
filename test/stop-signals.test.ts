import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

const file = join(import.meta.dirname, '../src/stop-signals.ts');
const children: ReturnType<typeof start>[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process that tells of each stop and ends by none of them, and of its exit. */
function start() {
  const program = `
    import { onStopSignals } from ${JSON.stringify(file)};
    let late = 0;
    performance.now = () => late;
    process.stdin.on('data', () => { late = 2001; console.log('later'); });
    process.on('exit', (code) => console.log('exit', code));
    onStopSignals((signal) => console.log('stop', signal));
    console.log('ready');
  `;
  return spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

function lines(child: ReturnType<typeof start>) {
  children.push(child);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const said = async (word: string): Promise<string> => {
    while (!text.includes(word)) await once(child.stdout, 'data');
    return text;
  };
  return { said, text: () => text };
}

describe('onStopSignals', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'stops once for a %s that is passed on',
    async (signal) => {
      const child = start();
      const { said, text } = lines(child);
      await said('ready');

      child.kill(signal);
      await said('stop');
      child.kill('SIGTERM');
      child.stdin.write('x');
      await said('later');

      expect(text().match(/stop/g)).toHaveLength(1);
      expect(child.exitCode).toBeNull();
    },
  );

  it('ends at once for a later one, as by an exit', async () => {
    const child = start();
    const { said } = lines(child);
    await said('ready');
    child.kill('SIGTERM');
    await said('stop');
    child.stdin.write('x');
    await said('later');

    const ended = once(child, 'exit');
    child.kill('SIGINT');

    expect(await ended).toEqual([1, null]);
    await said('exit 1');
  });
});
