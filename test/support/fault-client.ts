/** The product’s own client over a faulty server: one tool, called as a read or a write, with times a test can bear. */
import { getEventListeners } from 'node:events';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { HttpMcpServerConfig } from '../../src/config/mcp-servers.js';
import type { ClientPool, ClientPoolOptions } from '../../src/mcp-client/client-pool.js';
import { createClientPool } from '../../src/mcp-client/client-pool.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import type { LiveTool } from '../../src/mcp-client/live-tool.js';
import { loadLiveTools } from './load-live-tools.js';
import type { LiveToolCall } from '../../src/mcp-client/send-call.js';
import { OutcomeError } from '../../src/outcomes.js';
import { callerFor } from './test-platform.js';

export interface FaultClient {
  readonly pool: ClientPool;
  load(): Promise<readonly LiveTool[]>;
  /** Calls `work` as a read, having listed it before the first call. */
  read(call?: Partial<LiveToolCall>): Promise<unknown>;
  /** Calls `work` as a write. */
  write(call?: Partial<LiveToolCall>): Promise<unknown>;
}

export interface FaultClientOptions extends ClientPoolOptions {
  readonly server?: Partial<HttpMcpServerConfig>;
}

/** Creates a client of the server at `url` whose reads are not repeated and whose streams are reopened soon. */
export function createFaultClient(url: string, options: FaultClientOptions = {}): FaultClient {
  const server: HttpMcpServerConfig = {
    name: 'faulty',
    type: 'http',
    url,
    required: true,
    auth: { mode: 'none' },
    // So long that a call which ends by them ends its test first.
    connectTimeoutMs: 600_000,
    callTimeoutMs: 600_000,
    ...options.server,
  };
  const pool = createClientPool({
    ...options,
    health: { retries: { maxRetries: 0 }, ...options.health },
    limits: { retryMs: 5, leastResumeMs: 1, leastListenMs: 5, lingerMs: 50, ...options.limits },
  });
  const credential = createCredential(toBearerToken('abc'), callerFor('alice').principal);
  const load = () => loadLiveTools({ server, credential, pool });
  let work: LiveTool | undefined;
  const call = async (given: LiveToolCall): Promise<unknown> => {
    // Listed once, so that a test counts and breaks calls alone.
    work ??= (await load())[0];
    return work!.call({}, given);
  };
  return {
    pool,
    load,
    read: (given) => call({ isWrite: false, ...given }),
    write: (given) => call({ isWrite: true, ...given }),
  };
}

/** The outcome with which a call ends. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'ok';
  } catch (error) {
    if (error instanceof OutcomeError) return error.failure.outcome;
    throw error;
  }
}

/** How many waits for an abort a signal still has. */
export function countListeners(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length;
}

/** Waits, a turn of the event loop at a time, until no more timers keep the process alive than before; gives how many do. */
export async function settleTimers(before: number): Promise<number> {
  for (let turns = 0; turns < 20_000 && countTimers() > before; turns += 1)
    await new Promise((resolve) => setImmediate(resolve));
  return countTimers();
}

/** How many timers keep the process alive. */
export function countTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}
