import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import type { ServerProcess } from '../../src/mcp-client/server-processes.js';
import { createServerProcesses } from '../../src/mcp-client/server-processes.js';
import { isRunning } from '../support/stdio-server.js';

/** Runs a script of Node; `graceMs` is short, so that what does not heed is soon killed. */
function run(script: string, graceMs = 200) {
  const processes = createServerProcesses({ graceMs });
  let output = '';
  const ends: string[] = [];
  const child = processes.start(
    { command: process.execPath, args: ['-e', script], env: { MARK: 'given' } },
    {
      onOutput: (chunk) => void (output += String(chunk)),
      onErrorOutput: () => undefined,
      onEnd: () => void ends.push('end'),
    },
  );
  const printed = (text: string) =>
    vi.waitFor(() => {
      expect(output).toContain(text);
    });
  return { processes, child, ends, printed, output: () => output };
}

const isGone = (child: ServerProcess) => !isRunning(child.pid ?? 0);

describe('createServerProcesses', () => {
  it('gives a process its own environment and nothing else', async () => {
    const { child, printed, output } = run('console.log(JSON.stringify(process.env), "done")');

    await printed('done');

    expect(JSON.parse(output().replace(' done\n', ''))).toEqual({ MARK: 'given' });
    await child.stop();
  });

  it('ends a process by the end of its input', async () => {
    const script = "process.stdin.resume().on('end', () => console.log('input ended')); console.log('up')";
    const { child, processes, ends, printed, output } = run(script, 600_000);
    await printed('up');

    await child.stop();

    expect(output()).toContain('input ended');
    expect(ends).toEqual(['end']);
    expect(processes.size()).toBe(0);
  });

  it('ends one that does not heed that by SIGTERM', async () => {
    const script =
      "process.on('SIGTERM', () => { console.log('asked'); process.exit() }); setInterval(() => {}, 1e6); console.log('up')";
    const { child, printed, output } = run(script);
    await printed('up');

    await child.stop();

    expect(output()).toContain('asked');
    expect(isGone(child)).toBe(true);
  });

  it('kills one that heeds neither', async () => {
    const script = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6); console.log('up')";
    const { child, printed, ends } = run(script);
    await printed('up');

    await Promise.all([child.stop(), child.stop()]);

    expect(isGone(child)).toBe(true);
    expect(ends).toEqual(['end']);
  });

  it('says why a process could not be started, and that it has ended', async () => {
    const processes = createServerProcesses();
    const ends: string[] = [];
    const child = processes.start(
      { command: '/nowhere/at-all', args: [], env: {} },
      { onOutput: () => undefined, onErrorOutput: () => undefined, onEnd: () => void ends.push('end') },
    );

    await expect(child.started).rejects.toMatchObject({ code: 'ENOENT' });
    await vi.waitFor(() => {
      expect(ends).toEqual(['end']);
    });
    await child.stop();
    await expect(child.write('x')).rejects.toThrow();
    expect(processes.size()).toBe(0);
  });

  it('tells the end of a process whose output another holds open', async () => {
    const script =
      "require('node:child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 1e7)'], { stdio: 'inherit' }); setTimeout(() => process.exit(1), 50)";
    const { ends, processes } = run(script);

    await vi.waitFor(() => {
      expect(ends).toEqual(['end']);
    });
    await vi.waitFor(() => {
      expect(processes.size()).toBe(0);
    });
  });

  it('kills everything when this process ends, and does not keep it from ending', async () => {
    const program = fileURLToPath(new URL('../fixtures/leaves-server.ts', import.meta.url));

    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program]);

    const { pid, grandchild } = JSON.parse(stdout) as { pid: number; grandchild: number };
    await vi.waitFor(() => {
      expect([pid, grandchild].filter(isRunning)).toEqual([]);
    });
  }, 30_000);
});
