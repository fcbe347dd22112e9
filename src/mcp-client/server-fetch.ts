/** The whole `fetch` of one connection, put together. */
import type { FetchLike } from '@modelcontextprotocol/client';
import type { HttpMcpServerConfig } from '../config/mcp-servers.js';
import type { AuthorizedFetchOptions } from './authorized-fetch.js';
import { createAuthorizedFetch } from './authorized-fetch.js';
import type { FetchLimits } from './fetch/fetch-limits.js';
import { fixedLimits } from './fetch/fetch-limits.js';
import { createGuardedFetch } from './fetch/guarded-fetch.js';
import type { ListeningLife } from './fetch/listening-stream.js';
import type { ServerBreaker } from './server-breaker.js';

/** What {@link createServerFetch} puts together. */
export interface ServerFetchOptions extends Omit<AuthorizedFetchOptions, 'server'> {
  readonly breaker?: ServerBreaker | undefined;
  readonly limits?: Partial<FetchLimits> | undefined;
  readonly listening?: ListeningLife | undefined;
  readonly onListenRefused?: ((status: number) => void) | undefined;
}

/**
 * Creates the `fetch` of one connection, from the client down: bounds and lost answers, the person’s credential, the
 * breaker, the network.
 */
export function createServerFetch(server: HttpMcpServerConfig, options: ServerFetchOptions): FetchLike {
  const { breaker, limits, listening, onListenRefused, fetch = globalThis.fetch, ...authorized } = options;
  const network = breaker?.guard(fetch, { trialMs: server.connectTimeoutMs }) ?? fetch;
  return createGuardedFetch({
    fetch: createAuthorizedFetch({ server, ...authorized, fetch: network }),
    limits: { ...toFetchLimits(server), ...limits },
    listening,
    onListenRefused,
  });
}

const maxAnswerBytes = 10 * 1024 * 1024;

/** Gives the bounds of a server’s entry, with the defaults of what it does not set. */
export function toFetchLimits(server: HttpMcpServerConfig): FetchLimits {
  const { connectTimeoutMs, callTimeoutMs } = server;
  return {
    ...fixedLimits,
    // Before the whole connection is given up, so that the silence is laid to the server.
    connectMs: connectTimeoutMs * 0.9,
    headerMs: server.headerTimeoutMs ?? callTimeoutMs,
    idleMs: server.idleTimeoutMs ?? callTimeoutMs,
    // After the client gave the call up, which tells the server so.
    totalMs: callTimeoutMs + 1000,
    maxBytes: server.maxAnswerBytes ?? maxAnswerBytes,
  };
}
