/** The stdio transport: one child process, spoken to line by line. */
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { serializeMessage } from '@modelcontextprotocol/client';
import { getDefaultEnvironment } from '@modelcontextprotocol/client/stdio';
import type { StdioMcpServerConfig } from '../config/mcp-servers.js';
import type { Logger } from '../logger.js';
import { createErrorOutput } from './error-output.js';
import { createMessageLines } from './message-lines.js';
import type { SecretRedactor } from './secret-redactor.js';
import type { ServerProcess, ServerProcesses } from './server-processes.js';

/** What {@link createStdioTransport} is made of. */
export interface StdioTransportOptions {
  readonly processes: ServerProcesses;
  readonly redactor: SecretRedactor;
  /** Where the process’s stderr goes. */
  readonly logger: Logger;
}

/** A transport that the SDK knows for stdio by these two members: there silence is no outage, but an older server. */
export interface StdioTransport extends Transport {
  readonly pid: number | null;
  readonly stderr: null;
}

/**
 * Creates the transport of one process; it is started by `start` and never again.
 *
 * The process gets HOME, LOGNAME, PATH, SHELL, TERM and USER, the server’s `env`, and the variables of `auth.mode`
 * `headers`; nothing else of this process’s environment, and nothing of any person.
 *
 * Not the SDK’s own: that one ends the process alone and not what it started, and waits for the pipes of a process
 * that has ended.
 */
export function createStdioTransport(
  server: StdioMcpServerConfig,
  { processes, redactor, logger }: StdioTransportOptions,
): StdioTransport {
  const errorOutput = createErrorOutput({ server: server.name, redactor, logger });
  const lines = createMessageLines();
  let child: ServerProcess | undefined;
  let stopping: Promise<void> | undefined;
  let isOver = false;
  for (const secret of secretsOf(server)) redactor.learn(secret);

  const stop = (): Promise<void> => (stopping ??= child?.stop() ?? Promise.resolve());
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    errorOutput.end();
    transport.onclose?.();
  };
  const read = (chunk: Buffer): readonly JSONRPCMessage[] => {
    try {
      return lines.read(chunk);
    } catch {
      // The answer that was in the line is lost, and what follows may be its rest.
      end();
      void stop();
      return [];
    }
  };

  const transport: StdioTransport = {
    get pid() {
      return child?.pid ?? null;
    },
    stderr: null,
    async start() {
      const { command, args } = server;
      child = processes.start(
        { command, args, env: environmentOf(server) },
        {
          onOutput: (chunk) => {
            if (isOver) return;
            for (const message of read(chunk)) transport.onmessage?.(message);
          },
          onErrorOutput: errorOutput.write,
          onEnd: end,
        },
      );
      await child.started;
    },
    async send(message: JSONRPCMessage) {
      if (child === undefined) throw new TypeError('The transport was not started.');
      await child.write(serializeMessage(message));
    },
    async close() {
      await stop();
      end();
    },
  };
  return transport;
}

function environmentOf({ env, auth }: StdioMcpServerConfig): Record<string, string> {
  return { ...getDefaultEnvironment(), ...env, ...(auth.mode === 'headers' ? auth.headers : {}) };
}

/** Names of variables whose values nobody may read in an answer; other values, a folder’s path, are no secrets. */
const secretName = /token|secret|password|passwd|credential|private|api_?key/i;

function secretsOf({ env, auth }: StdioMcpServerConfig): readonly string[] {
  const named = Object.entries(env).flatMap(([name, value]) => (secretName.test(name) ? [value] : []));
  return [...named, ...(auth.mode === 'headers' ? Object.values(auth.headers) : [])];
}
