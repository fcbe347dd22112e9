/** MCP servers that nobody here wrote, as they come from npm: started, and as entries of `mcp-servers.json`. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** The program of one of them. */
export function programOf(name: 'everything' | 'filesystem' | 'memory'): string {
  return join(
    dirname(require.resolve(`@modelcontextprotocol/server-${name}/package.json`)),
    'dist',
    'index.js',
  );
}

/** A server that listens. */
export interface ListeningServer {
  readonly url: string;
  /** Ends it, as a machine does that fails. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
}

/** Starts server-everything over HTTP on a free port of loopback. */
export async function startEverything(mode: 'streamableHttp' | 'sse'): Promise<ListeningServer> {
  const port = await findFreePort();
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const env = { PATH: process.env['PATH'], PORT: String(port) };
    const started = spawn(process.execPath, [programOf('everything'), mode], { env, stdio: 'pipe' });
    child = started;
    for await (const chunk of started.stderr.iterator({ destroyOnReturn: false })) {
      if (String(chunk).includes(' on port ')) break;
    }
    started.stderr.resume();
    started.stdout.resume();
  };
  await start();
  return {
    url: `http://127.0.0.1:${String(port)}/${mode === 'sse' ? 'sse' : 'mcp'}`,
    start,
    async kill() {
      if (child?.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** These servers do not say which port they were given, so that they must be told one. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
