/** The platform and the agent server as a child process. */
import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { StepFailedError } from './step-failed-error.js';

/** How the child is started. */
export interface ServerProcessOptions {
  /** The program: a TypeScript file. */
  readonly entry: string;
  /** The project’s folder. */
  readonly cwd: string;
  /** The child’s whole environment; its ports are 0. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the start. */
  readonly signal: AbortSignal;
}

/** A child that listens. */
export interface ServerProcess {
  /** Root of the agent server. */
  readonly agentServer: string;
  /** The platform’s MCP endpoint. */
  readonly platform: string;
  /** Asks the child to stop, and after 10 seconds makes it; safe to call twice. */
  close(): Promise<void>;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const announcement = /^agent server\s+(\S+)\nplatform MCP\s+(\S+)\n/m;
const startMs = 120_000;
const stopMs = 10_000;

/**
 * Starts the child and waits until both servers listen.
 *
 * @throws {@link StepFailedError} with the child’s own sentence when it ends before.
 */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { entry, cwd, env, signal } = options;
  const imports = [import.meta.resolve('tsx'), import.meta.resolve('./end-with-parent.ts')];
  const child = spawn(process.execPath, [...imports.flatMap((url) => ['--import', url]), entry], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C reaches the demo alone, which then stops the child in order.
    detached: true,
  });
  const close = (): Promise<void> => stop(child);
  try {
    const [, agentServer = '', platform = ''] = await readAnnouncement(child, signal);
    return { agentServer, platform, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function readAnnouncement(child: Child, signal: AbortSignal): Promise<RegExpExecArray> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(startMs)]);
  const problems: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => problems.push(text));
  child.stdout.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    let said = '';
    patience.addEventListener('abort', () =>
      reject(new StepFailedError('The servers were not ready in time.')),
    );
    child.once('error', reject);
    child.once('close', () => {
      reject(
        new StepFailedError(
          `The servers did not start: ${problems.join('').trim() || 'no reason was given'}`,
        ),
      );
    });
    // Read to the end of the child's life: a full pipe would stop it.
    child.stdout.on('data', (text: string) => {
      if (said.length < 100_000) said += text;
      const found = announcement.exec(said);
      if (found !== null) resolve(found);
    });
  });
}

async function stop(child: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await ended;
  clearTimeout(timer);
}
