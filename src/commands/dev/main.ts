/** `npm run dev`: the platform, and the agent server under `langgraphjs dev`, for LangGraph Studio and hot reload. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Settings } from '../../config/env.js';
import { loadEnvFile, readSettings } from '../../config/env.js';
import { toListenUrl, withListeningPorts } from '../../config/listening-ports.js';
import { ConfigError, isFleetError } from '../../errors.js';
import { createLogger } from '../../logger.js';
import { assemblePlatform } from '../../mcp-server/assemble-platform.js';
import { isLoopbackHost } from '../../secure-url.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const langgraphCli = fileURLToPath(import.meta.resolve('@langchain/langgraph-cli/dist/cli/cli.mjs'));
const studioUrl = 'https://smith.langchain.com/studio';

/** How long the agent server may take to write what is only in memory before it is ended by force. */
const graceMs = 6_000;

/** Runs until a signal or until the agent server ends; gives the exit code. */
async function main(): Promise<number> {
  loadEnvFile();
  const settings = readSettings();
  if (settings.isProduction) {
    throw new ConfigError('NODE_ENV', 'is "production", and this is the development server; use npm start.');
  }
  const platform = await assemblePlatform(
    settings,
    createLogger({ level: settings.logLevel, format: settings.logFormat }),
  );
  try {
    const { port: platformPort } = await platform.start();
    const port = await findPort(settings.host, settings.port);
    const listening = withListeningPorts(settings, { platformPort, port });
    announce(listening);
    return await superviseAgentServer(listening);
  } finally {
    await platform.close();
  }
}

/** Checks that the port is free, and finds one for port 0: the server that takes it cannot say which it got. */
async function findPort(host: string, wanted: number): Promise<number> {
  const probe = createServer();
  try {
    probe.listen(wanted, host);
    await once(probe, 'listening');
    const address = probe.address();
    return typeof address === 'object' && address !== null ? address.port : wanted;
  } catch (cause) {
    const message = `${String(wanted)} is taken by another process; stop it, or set PORT to a free port.`;
    throw new ConfigError('PORT', message, { cause });
  } finally {
    probe.close();
  }
}

function announce({ host, port, platformMcpUrl }: Settings): void {
  const agentUrl = toListenUrl(host, port);
  const lines = [
    `Studio        ${studioUrl}/?baseUrl=${agentUrl}`,
    `agent server  ${agentUrl}`,
    `platform MCP  ${platformMcpUrl}`,
    'a token       npm run -s token -- alice',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Starts the agent server and waits until none of its processes is left; gives 0 when a signal asked for the end. */
async function superviseAgentServer(settings: Settings): Promise<number> {
  const child = startAgentServer(settings);
  const asked = new AbortController();
  const stop = (): void => {
    asked.abort();
    child.kill('SIGTERM');
    // Its own error handler writes to a terminal that is gone, fails, and begins again.
    setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs).unref();
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stop);
  // The event’s first argument: the code, or null when a signal ended the process.
  const [code] = (await once(child, 'exit')) as [number | null];
  // An orderly end has passed the signal on already, and a second one would cut the writing of the records short.
  if (!asked.signal.aborted) signalGroup(child, 'SIGTERM');
  await waitForGroup(child);
  return asked.signal.aborted ? 0 : (code ?? 1);
}

function startAgentServer({ host, port, platformPort, dataDir, expansion }: Settings): ChildProcess {
  const flags = ['--no-browser', '--host', host, '--port', String(port), '--config', `${root}langgraph.json`];
  return spawn(process.execPath, [langgraphCli, 'dev', ...flags], {
    // A group of its own: the command line tool starts a watcher, which starts the server, and all must end.
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...(isLoopbackHost(host) ? { STUDIO_USER: 'alice' } : {}),
      ...expansion,
      PORT: String(port),
      PLATFORM_PORT: String(platformPort),
      DATA_DIR: resolve(dataDir),
      LANGGRAPH_CLI_NO_ANALYTICS: '1',
    },
  });
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(-pid, signal);
  } catch {
    // Nobody of the group is left.
    return false;
  }
}

async function waitForGroup(child: ChildProcess): Promise<void> {
  const deadline = performance.now() + graceMs;
  while (signalGroup(child, 0)) {
    if (performance.now() > deadline) signalGroup(child, 'SIGKILL');
    await new Promise((done) => setTimeout(done, 50));
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const text = isFleetError(error) ? error.message : String(error instanceof Error ? error.stack : error);
    process.stderr.write(`${text}\n`);
    process.exit(1);
  },
);
