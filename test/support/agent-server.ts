/** Starts the real server, as `npm start` does, in a process of its own on free ports with a data folder of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadDevelopmentKeys } from '../../src/auth/development-keys.js';
import type { DevelopmentPrincipalName } from '../../src/auth/development-principals.js';
import { mintDevelopmentToken } from '../../src/auth/development-principals.js';

/** What a test may say about a server; every setting beyond these stands at its default. */
export interface AgentServerOptions {
  /** The data folder; a new one, removed by `remove`, when left out. */
  readonly dataDir?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly movableClock?: boolean;
}

/** How a token differs from the one that `npm run -s token` prints. */
export interface TokenDifferences {
  readonly ttlSeconds?: number | undefined;
  readonly audiences?: readonly string[] | undefined;
  /** The time at which it is made, in milliseconds. */
  readonly clock?: (() => number) | undefined;
}

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running server. */
export interface TestAgentServer {
  /** The agent server, e.g. `http://127.0.0.1:40123`. */
  readonly url: () => string;
  /** The platform’s MCP endpoint. */
  readonly platformUrl: () => string;
  readonly dataDir: string;
  token(name: DevelopmentPrincipalName, differences?: TokenDifferences): Promise<string>;
  /** Everything that was written to stdout and stderr, over all starts. */
  output(): string;
  /** Moves the server’s wall clock on by two hours, and the times of tokens made from then on; needs `movableClock`. */
  moveClock(): Promise<void>;
  /** Ends the process as an operator does. */
  stop(): Promise<ProcessEnd>;
  /** Ends the process as a crash does. */
  kill(): Promise<ProcessEnd>;
  /** Starts it again on the same data folder; the ports are others. */
  start(): Promise<void>;
  /** Ends the process and removes the data folder. */
  remove(): Promise<void>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const issuer = 'http://localhost/dev';
const movableClock = `--import ${new URL('shifted-clock.mjs', import.meta.url).href}`;

/** Starts a server and waits until it answers. */
export async function startAgentServer(options: AgentServerOptions = {}): Promise<TestAgentServer> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'agent-server-')));
  const outputs: string[] = [];
  const env = options.movableClock === true ? { ...options.env, NODE_OPTIONS: movableClock } : options.env;
  let current = await startOnce(dataDir, env);
  let shiftMs = 0;

  const end = async (signal: NodeJS.Signals): Promise<ProcessEnd> => {
    current.signal(signal);
    const ended = await current.ended;
    outputs.push(ended.stdout, ended.stderr);
    return ended;
  };

  return {
    url: () => current.url,
    platformUrl: () => current.platformUrl,
    dataDir,
    token: async (
      name,
      {
        ttlSeconds = 3600,
        audiences = ['graph-fleet', current.platformUrl],
        clock = () => Date.now() + shiftMs,
      } = {},
    ) =>
      mintDevelopmentToken(await loadDevelopmentKeys(dataDir), {
        name,
        issuer,
        audiences,
        ttlSeconds,
        clock,
      }),
    output: () => [...outputs, ...current.written()].join('\n'),
    moveClock: async () => {
      const moved = current.said('clock: moved');
      current.signal('SIGUSR2');
      await moved;
      shiftMs += 7_200_000;
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    start: async () => {
      current = await startOnce(dataDir, env);
    },
    remove: async () => {
      await end('SIGTERM');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Runs the server’s process until it ends by itself, for starts that must fail. */
export async function runAgentServer(
  dataDir: string,
  env: Readonly<Record<string, string>>,
): Promise<ProcessEnd> {
  return spawnServer(dataDir, env).ended;
}

interface ServerProcess {
  readonly ended: Promise<ProcessEnd>;
  /** Resolves with the first line that begins with `words`, without them; undefined when the process ends first. */
  announced(words: string): Promise<string | undefined>;
  /** Resolves when these words come on stderr. */
  said(words: string): Promise<void>;
  written(): string[];
  signal(signal: NodeJS.Signals): void;
}

async function startOnce(dataDir: string, env: Readonly<Record<string, string>> = {}) {
  const server = spawnServer(dataDir, env);
  const url = await server.announced('agent server');
  const platformUrl = await server.announced('platform MCP');
  if (url === undefined || platformUrl === undefined) {
    throw new Error(`The server did not start.\n${server.written().join('\n')}`);
  }
  return { ...server, url, platformUrl };
}

function spawnServer(dataDir: string, env: Readonly<Record<string, string>>): ServerProcess {
  const main = join(root, 'src/server/main.ts');
  // The folder of the process is the data folder, so that nobody’s .env file takes part in a test.
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main], {
    cwd: dataDir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      DATA_DIR: dataDir,
      MCP_SERVERS_FILE: join(root, 'mcp-servers.json'),
      MODEL: 'offline',
      PORT: '0',
      PLATFORM_PORT: '0',
      LOG_FORMAT: 'json',
      ...env,
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(([code, signal]): ProcessEnd => ({ code, signal, stdout, stderr }));

  const announced = (words: string): Promise<string | undefined> =>
    new Promise((resolve) => {
      const look = (): void => {
        const line = stdout
          .split('\n')
          .slice(0, -1)
          .find((text) => text.startsWith(words));
        if (line !== undefined) resolve(line.slice(words.length).trim());
      };
      child.stdout.on('data', look);
      void ended.then(() => resolve(undefined));
      look();
    });

  const said = (words: string): Promise<void> =>
    new Promise((resolve) => {
      const from = stderr.length;
      child.stderr.on('data', () => {
        if (stderr.includes(words, from)) resolve();
      });
    });

  return {
    ended,
    announced,
    said,
    written: () => [stdout, stderr],
    signal: (signal) => void child.kill(signal),
  };
}
