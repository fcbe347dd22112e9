/**
 * Bounds on the sockets of the agent server. The LangGraph server makes its node:http server inside and hands it to
 * nobody; node tells of it when it begins to listen.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Server } from 'node:http';
import type { Server as NetServer } from 'node:net';

/** What is set on the server. Answers are not bounded: the stream of a run may last as long as the run. */
export interface SocketLimits {
  /** Time for the header block, in milliseconds, a socket that says nothing included. */
  readonly headersTimeoutMs: number;
  /** Time for a whole request, its body included, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** How often the two are looked at, in milliseconds. */
  readonly checkEveryMs: number;
  /** Connections beyond this many are closed at once. */
  readonly maxConnections: number;
}

/** The same as the platform’s. The header block is bounded by node itself, at 16 KiB. */
export const agentSocketLimits: SocketLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  checkEveryMs: 5000,
  maxConnections: 2000,
};

/** @see https://nodejs.org/api/diagnostics_channel.html#event-tracingnetserverlistenasyncstart */
const listenChannel = 'tracing:net.server.listen:asyncStart';

/**
 * Runs `start` and sets the limits on every HTTP server that begins to listen meanwhile.
 *
 * @throws whatever `start` throws; TypeError when it started no HTTP server.
 */
export async function withSocketLimits<Started>(
  limits: SocketLimits,
  start: () => Promise<Started>,
): Promise<Started> {
  let count = 0;
  const onListen = (message: unknown): void => {
    const { server } = message as { readonly server: NetServer }; // As node documents the channel.
    if (!isHttpServer(server)) return;
    setLimits(server, limits);
    count += 1;
  };
  subscribe(listenChannel, onListen);
  try {
    const started = await start();
    if (count === 0)
      throw new TypeError('No HTTP server began to listen, so that nothing bounds its sockets.');
    return started;
  } finally {
    unsubscribe(listenChannel, onListen);
  }
}

function isHttpServer(server: NetServer): server is Server {
  return server instanceof Server;
}

function setLimits(server: Server, limits: SocketLimits): void {
  server.headersTimeout = limits.headersTimeoutMs;
  server.requestTimeout = limits.requestTimeoutMs;
  server.maxConnections = limits.maxConnections;
  // Read when the server listens, which is after this; node documents it as an option of createServer alone.
  Object.assign(server, { connectionsCheckingInterval: limits.checkEveryMs });
}
