/** The child processes of MCP servers: each leads a process group of its own, which ends as a whole. */
import type { ChildProcess, ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What is run; nothing of it comes from a person or a model. */
export interface ServerCommand {
  readonly command: string;
  /** Everybody on the machine can read these; no secret stands in them. */
  readonly args: readonly string[];
  /** The whole environment of the process. */
  readonly env: Readonly<Record<string, string>>;
}

/** Told what comes from a process. */
export interface ServerProcessListener {
  onOutput(chunk: Buffer): void;
  onErrorOutput(chunk: Buffer): void;
  /** Called once, when the process has ended and its output was read; also when it could not be started. */
  onEnd(): void;
}

/** One running process. */
export interface ServerProcess {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  /** Resolves when the process runs. @throws the system's error, e.g. `ENOENT`. */
  readonly started: Promise<void>;
  /** Writes to its standard input. */
  write(text: string): Promise<void>;
  /** Ends its input, asks it to stop, then makes it: resolves when nothing of its group runs any more. */
  stop(): Promise<void>;
}

/** Starts processes, none of which outlives this one. */
export interface ServerProcesses {
  start(command: ServerCommand, listener: ServerProcessListener): ServerProcess;
  /** How many are running. */
  size(): number;
  /** Stops every process; resolves when none runs any more. */
  stop(): Promise<void>;
}

/** What {@link createServerProcesses} may be told. */
export interface ServerProcessesOptions {
  /** How long a process has to end after its input ended, and once more after SIGTERM, in milliseconds; default 2000. */
  readonly graceMs?: number | undefined;
}

/** How long output is read after a process has ended: what it left behind may hold the pipe open. */
const drainMs = 50;
/** How long what a process left behind has to end after SIGTERM, and how often that is looked at. */
const groupGraceMs = 500;
const groupPollMs = 20;

/**
 * Creates an empty set of processes. They do not keep this process alive, and are killed when it exits.
 *
 * @see MCP 2025-11-25, "Lifecycle", shutdown over stdio
 */
export function createServerProcesses({ graceMs = 2000 }: ServerProcessesOptions = {}): ServerProcesses {
  const running = new Map<number, ServerProcess>();
  const killAll = (): void => {
    for (const pid of running.keys()) signalGroup(pid, 'SIGKILL');
  };
  const add = (pid: number, started: ServerProcess): void => {
    // One listener for all of them, and none while there is none.
    if (running.size === 0) process.on('exit', killAll);
    running.set(pid, started);
  };
  const remove = (pid: number): void => {
    running.delete(pid);
    if (running.size === 0) process.off('exit', killAll);
  };

  return {
    start(command, listener) {
      const child = spawnGroup(command);
      const { pid } = child;
      const started = once(child, 'spawn').then(() => undefined);
      const ended = followToEnd(child, listener, started);
      const made: ServerProcess = {
        pid,
        started,
        write: (text) => writeTo(child, text),
        stop: () => stopGroup(child, { ended, graceMs }),
      };
      if (pid === undefined) return made;
      add(pid, made);
      void ended.then(() => remove(pid));
      return made;
    },
    size: () => running.size,
    async stop() {
      await Promise.all([...running.values()].map((each) => each.stop()));
    },
  };
}

function spawnGroup({ command, args, env }: ServerCommand): ChildProcessWithoutNullStreams {
  // `detached` makes the child the leader of a group, so that what it starts can be ended with it.
  const child = spawn(command, args, { env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  // Each connection and call has a timer of its own that keeps this process alive; an idle server does not.
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    if (stream instanceof Socket) stream.unref();
    // A pipe that breaks is told by the process’s end.
    stream.on('error', () => undefined);
  }
  return child;
}

/** Reads a process to its end; resolves when nothing of its group runs any more. */
async function followToEnd(
  child: ChildProcessWithoutNullStreams,
  listener: ServerProcessListener,
  started: Promise<void>,
): Promise<void> {
  child.stdout.on('data', (chunk: Buffer) => {
    listener.onOutput(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    listener.onErrorOutput(chunk);
  });
  const exited = once(child, 'exit');
  const closed = once(child, 'close').catch(() => undefined);
  try {
    await started;
    await exited;
    // The leader’s end is the server’s; a child of its own that holds the pipes must not hide it.
    await Promise.race([closed, delay(drainMs, undefined, { ref: false })]);
  } catch {
    // It was never started: `started` says why.
    exited.catch(() => undefined);
  }
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  listener.onEnd();
  if (child.pid !== undefined) await endGroup(child.pid);
}

function writeTo({ stdin }: ChildProcessWithoutNullStreams, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stdin.write(text, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

interface Stopping {
  readonly ended: Promise<void>;
  readonly graceMs: number;
}

async function stopGroup(child: ChildProcess, { ended, graceMs }: Stopping): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  child.stdin?.end();
  await within(graceMs, ended);
  if (!isOver()) {
    signalGroup(pid, 'SIGTERM');
    await within(graceMs, ended);
  }
  if (!isOver()) signalGroup(pid, 'SIGKILL');
  // Keeps this process alive until the child is gone for certain.
  child.ref();
  await ended;
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  const timer = new AbortController();
  const timeout = delay(ms, undefined, { signal: timer.signal }).catch(() => undefined);
  await Promise.race([work, timeout]);
  timer.abort();
}

/** Ends what a process has left behind in its group. */
async function endGroup(pid: number): Promise<void> {
  if (!signalGroup(pid, 'SIGTERM')) return;
  for (let waited = 0; waited < groupGraceMs; waited += groupPollMs) {
    await delay(groupPollMs);
    if (!signalGroup(pid, 0)) return;
  }
  signalGroup(pid, 'SIGKILL');
}

/** Sends a signal to every process of a group; false when there is none. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}
