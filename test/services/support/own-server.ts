/** A server of the tests’ own: a child process on a port and a folder that stay the same while it stops and starts again. */
import { execFileSync, spawn, type ChildProcessByStdio } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** Ways to take a service away and bring it back; for the servers that the tests started themselves. */
export interface Outages {
  /** Ends the process as an operator does; its data stay. */
  stop(): Promise<void>;
  /** Ends the process as a crash does; its data stay. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and with the same data. */
  start(): Promise<void>;
  /** Freezes the process: connections stay open and nothing answers. */
  pause(): void;
  /** Lets a frozen process go on. */
  resume(): void;
}

export interface OwnServer extends Outages {
  /** Ends the process and removes its folder. */
  close(): Promise<void>;
}

export interface OwnServerOptions {
  readonly name: string;
  readonly command: string;
  readonly words: readonly string[];
  /** What it says once clients may come. */
  readonly readyWords: string;
  readonly stopSignal: NodeJS.Signals;
  readonly home: ServerHome;
}

/** Where a server lives and as whom it runs. */
export interface ServerHome {
  readonly folder: string;
  readonly owner: { readonly uid?: number; readonly gid?: number };
}

/** Makes an empty folder in the system’s temporary one; `user` owns it when the tests run as root. */
export function makeHome(name: string, user?: string): ServerHome {
  const folder = mkdtempSync(join(tmpdir(), `graph-fleet-${name}-`));
  if (user === undefined || process.getuid?.() !== 0) return { folder, owner: {} };
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, user]).toString()));
  chmodSync(folder, 0o700);
  chownSync(folder, uid ?? 0, gid ?? 0);
  return { folder, owner: { uid: uid ?? 0, gid: gid ?? 0 } };
}

/**
 * Finds a free port below those that a system gives to clients: a client that tries a stopped server’s port again and
 * again would in the end be given that port itself, and keep the server from it.
 */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = randomInt(15_000, 32_000);
    if (await isFree(port)) return port;
  }
  throw new Error('No port between 15000 and 32000 is free.');
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, '127.0.0.1');
  try {
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}

export async function startOwnServer(options: OwnServerOptions): Promise<OwnServer> {
  let running = await startOnce(options);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    running.process.kill(signal);
    await running.ended;
  };
  return {
    stop: () => end(options.stopSignal),
    kill: () => end('SIGKILL'),
    start: async () => {
      running = await startOnce(options);
    },
    pause: () => void running.process.kill('SIGSTOP'),
    resume: () => void running.process.kill('SIGCONT'),
    close: async () => {
      // A frozen process would never take the signal.
      running.process.kill('SIGCONT');
      await end(options.stopSignal);
      rmSync(options.home.folder, { recursive: true, force: true });
    },
  };
}

interface Running {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<unknown>;
}

async function startOnce({ name, command, words, readyWords, home }: OwnServerOptions): Promise<Running> {
  const server = spawn(command, words, {
    ...home.owner,
    cwd: home.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const endWithTests = (): void => void server.kill('SIGKILL');
  process.on('exit', endWithTests);
  const ended = once(server, 'exit').finally(() => process.off('exit', endWithTests));
  await untilSaid(name, readyWords, { server, ended });
  return { process: server, ended };
}

async function untilSaid(
  name: string,
  words: string,
  { server, ended }: { server: Running['process']; ended: Promise<unknown> },
): Promise<void> {
  let said = '';
  const ready = new Promise<void>((resolve) => {
    for (const stream of [server.stdout, server.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        // Read to the end all the same: a full pipe would stop the server.
        if (said.includes(words)) return;
        said += chunk.toString();
        if (said.includes(words)) resolve();
      });
    }
  });
  const failed = ended.then(() => {
    throw new Error(`${name} did not start: ${said}`);
  });
  await Promise.race([ready, failed]);
  failed.catch(() => undefined);
}
