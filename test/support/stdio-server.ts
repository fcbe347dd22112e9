/** The misbehaving stdio server of test/fixtures, as a configured server, and what is known of processes. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { StdioMcpServerConfig } from '../../src/config/mcp-servers.js';
import { parseMcpServers } from '../../src/config/mcp-servers.js';

/** The file of the server. */
export const stdioServerFile = fileURLToPath(new URL('../fixtures/stdio-server.mjs', import.meta.url));

/** The entry of a server with these faults. */
export function stdioEntry(...faults: readonly string[]) {
  return { type: 'stdio', command: process.execPath, args: [stdioServerFile, ...faults] } as const;
}

/** A configured server with these faults; `changes` replace fields of its entry. */
export function stdioServer(
  faults: readonly string[] = [],
  changes: Readonly<Record<string, unknown>> = {},
): StdioMcpServerConfig {
  const mcpServers = { local: { ...stdioEntry(...faults), connectTimeoutMs: 10_000, ...changes } };
  const [server] = parseMcpServers(JSON.stringify({ mcpServers }), { file: 'f', env: {} });
  if (server?.type !== 'stdio') throw new TypeError('The entry is one of stdio.');
  return server;
}

/** Whether a process runs; one that has ended and that nobody has reaped yet does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    return !readFileSync(`/proc/${String(pid)}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
