/** Opens a listening socket, or says in one sentence why not. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { toListenUrl } from '../config/listening-ports.js';
import { ConfigError } from '../errors.js';

/** Where a server really listens. */
export interface ListenAddress {
  /** The MCP endpoint there. */
  readonly url: string;
  readonly port: number;
}

/**
 * Starts listening.
 *
 * @throws {@link ConfigError} naming PLATFORM_PORT when the port is taken, HOST when the address is not this machine's.
 */
export async function listen(server: Server, host: string, port: number): Promise<ListenAddress> {
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (cause) {
    throw toConfigError(cause, host, port);
  }
  const address = server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  return { url: `${toListenUrl(host, actual)}/mcp`, port: actual };
}

function toConfigError(cause: unknown, host: string, port: number): unknown {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE') {
    return new ConfigError(
      'PLATFORM_PORT',
      `port ${String(port)} is taken; stop what listens there, or set another.`,
      { cause },
    );
  }
  if (code === 'EACCES') {
    return new ConfigError('PLATFORM_PORT', `port ${String(port)} may not be opened; set one above 1023.`, {
      cause,
    });
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new ConfigError('HOST', `${JSON.stringify(host)} is not an address of this machine; correct it.`, {
      cause,
    });
  }
  return cause;
}
