/** A pool of clients as the product has it, used by any number of people, and what is held while it is. */
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { HttpMcpServerConfig, McpServerConfig } from '../../src/config/mcp-servers.js';
import { isBrokenConnection, toFailedCall, toOutcomeError } from '../../src/mcp-client/call-failure.js';
import type { ClientPool, ClientPoolOptions } from '../../src/mcp-client/client-pool.js';
import { createClientPool } from '../../src/mcp-client/client-pool.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import { listTools } from '../../src/mcp-client/list-tools.js';
import type { McpEvent } from '../../src/mcp-client/mcp-observer.js';
import { OutcomeError } from '../../src/outcomes.js';
import { countTimers, settleTimers } from './fault-client.js';
import type { Era, RawMcpServer } from './raw-mcp-server.js';
import { beginEvents, startRawMcpServer } from './raw-mcp-server.js';
import { callerFor } from './test-platform.js';

/** A pool, and what each person does with it. */
export interface LendingPool {
  readonly pool: ClientPool;
  /** What its observer was told. */
  readonly events: McpEvent[];
  /** Lists the tools, as a person. */
  list(person?: string): Promise<unknown>;
  /** Calls `work`, as a person. */
  call(person?: string): Promise<unknown>;
}

/** How {@link createLendingPool} differs from the product’s own. */
export interface LendingPoolOptions extends ClientPoolOptions {
  readonly server?: Partial<HttpMcpServerConfig>;
}

/** Creates a pool for the server at `url` whose clients close as soon as nobody uses them. */
export function createLendingPool(url: string, { server, ...options }: LendingPoolOptions = {}): LendingPool {
  const config: McpServerConfig = {
    name: 'faulty',
    type: 'http',
    url,
    required: true,
    auth: { mode: 'none' },
    // So long that a connection which ends by them ends its test first.
    connectTimeoutMs: 600_000,
    callTimeoutMs: 600_000,
    ...server,
  };
  const events: McpEvent[] = [];
  const pool = createClientPool({
    lingerMs: 0,
    health: { retries: { maxRetries: 0 } },
    observer: (event) => void events.push(event),
    ...options,
  });
  const lend = (person: string, use: Parameters<ClientPool['lend']>[0]['use']) => {
    const { principal } = callerFor('alice', { subject: person });
    const credential = createCredential(toBearerToken(`token-of-${person}`), principal);
    return pool
      .lend({ server: config, credential, isBroken: isBrokenConnection, use })
      .catch((error: unknown) => {
        throw toOutcomeError(error, toFailedCall(config, false));
      });
  };
  return {
    pool,
    events,
    list: (person = 'alice') =>
      lend(person, (client, timeoutMs) => listTools({ client, server: 'faulty', timeoutMs })),
    call: (person = 'alice') =>
      lend(person, (client, timeout) => client.callTool({ name: 'work', arguments: {} }, { timeout })),
  };
}

/** A bare server and a pool for it. */
export interface PoolWithServer extends LendingPool {
  readonly server: RawMcpServer;
}

/** What {@link guardProcess} gives. */
export interface ProcessGuard {
  /** Closes it after the test, the last one first. */
  closeLater(each: { close(): Promise<unknown> }): void;
  /** Starts a server of this era, with sessions where they are wanted, and a pool for it. */
  start(era: Era, options?: LendingPoolOptions & { readonly hasSession?: boolean }): Promise<PoolWithServer>;
}

/** Sees after each test of the file that no timer is left, no rejection was unhandled and no listeners piled up. */
export function guardProcess(): ProcessGuard {
  const closing: { close(): Promise<unknown> }[] = [];
  const faults: unknown[] = [];
  const noteUnhandled = (error: unknown): void => void faults.push(error);
  const noteWarning = (warning: Error): void => {
    if (warning.name === 'MaxListenersExceededWarning') faults.push(warning);
  };
  let timers = 0;

  beforeEach(() => {
    timers = countTimers();
    process.on('unhandledRejection', noteUnhandled);
    process.on('warning', noteWarning);
  });

  afterEach(async () => {
    for (const each of closing.splice(0).reverse()) await each.close();
    expect(await settleTimers(timers)).toBeLessThanOrEqual(timers);
    process.off('unhandledRejection', noteUnhandled);
    process.off('warning', noteWarning);
    expect(faults.splice(0)).toEqual([]);
  });

  return {
    closeLater: (each) => void closing.push(each),
    async start(era, { hasSession = false, ...options } = {}) {
      let sessions = 0;
      const session = (): string => `session-${String((sessions += 1))}`;
      const server = await startRawMcpServer(era, hasSession ? { session } : {});
      const lending = createLendingPool(server.url, options);
      closing.push(server, lending.pool);
      return { server, ...lending };
    },
  };
}

/** Waits until a number is as it should be. */
export async function becomes(read: () => number, wanted: number): Promise<void> {
  await vi.waitFor(
    () => {
      expect(read()).toBe(wanted);
    },
    { timeout: 15_000, interval: 10 },
  );
}

/** The outcome with which a use failed; undefined when it went well. */
export async function failureOf(use: Promise<unknown>): Promise<OutcomeError['failure'] | undefined> {
  try {
    await use;
    return undefined;
  } catch (error) {
    if (error instanceof OutcomeError) return error.failure;
    throw error;
  }
}

/** Answers each GET with a stream that stays open; gives those that are open. */
export function openStreams(server: RawMcpServer): Set<ReturnType<typeof beginEvents>> {
  const streams = new Set<ReturnType<typeof beginEvents>>();
  server.answers.set('GET', ({ response }) => {
    streams.add(beginEvents(response));
    response.on('close', () => streams.delete(response));
  });
  return streams;
}
