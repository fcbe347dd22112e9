/** Connects one MCP client for one principal and server. */
import type {
  DiscoverResult,
  PriorDiscovery,
  Transport,
  VersionNegotiationOptions,
} from '@modelcontextprotocol/client';
import { Client, SdkError, SdkErrorCode } from '@modelcontextprotocol/client';
import type { McpServerConfig } from '../config/mcp-servers.js';
import { statusOf } from './call-failure.js';
import { openExchange } from './fetch/exchange.js';
import type { Handshake, SessionLife } from './handshake.js';
import { readHandshake } from './handshake.js';
import type { SchemaValidators } from './schema-validators.js';
import type { TransportOptions } from './transport.js';
import { createTransport } from './transport.js';
import { untilAborted } from './until-aborted.js';
import { findOfferedVersions, toVersionFailure } from './version-failure.js';

const clientInfo = { name: 'graph-fleet', version: '0.1.0' };

/** A connected client and what it learned about the server. */
export interface OpenClient {
  readonly client: Client;
  /** Lets the next client skip the negotiation; undefined where there is nothing to skip. */
  readonly discovery: PriorDiscovery | undefined;
  /** Whether the server keeps a session for this client, which is for one conversation alone. */
  readonly isSession: boolean;
  /** Whether another client may take the place of this one, at no cost, once it is closed. */
  readonly isReplaceable: boolean;
  /** What that one goes on with; undefined where it needs nothing. */
  readonly handshake: Handshake | undefined;
}

/** What {@link openClient} opens a client with. */
export interface OpenClientOptions extends TransportOptions {
  /** What is known of the server already. */
  readonly prior?: PriorDiscovery | undefined;
  /** Shared by all clients; one of its own when left out. */
  readonly validators?: SchemaValidators | undefined;
  /** Told each time the server says that its tools changed. */
  readonly onToolsChanged?: (() => void) | undefined;
  /** Gives the opening up, with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connects a client in the newest protocol era that both sides speak, over the transport of the server's `type`, or
 * over its `fallback` when the server does not know that one.
 * With a prior discovery a server of the 2026 era is not asked again: no request is made before the first call. Nor is
 * one of the 2025 era with the handshake of an earlier client.
 *
 * @throws the SDK's errors, and `contract` for a server with which no version is shared; a connection that is not ready
 * within the server's `connectTimeoutMs` is closed.
 * @see MCP 2026-07-28, "server/discover"; MCP 2025-11-25, "Lifecycle" and "Backwards Compatibility"
 */
export async function openClient(server: McpServerConfig, options: OpenClientOptions): Promise<OpenClient> {
  const startedAt = performance.now();
  try {
    return await connectOnce(server, options);
  } catch (error) {
    const again = findSecondWay(server, options, error);
    if (again === undefined) throw toVersionFailure(error, server) ?? error;
    const connectTimeoutMs = Math.max(1, server.connectTimeoutMs - (performance.now() - startedAt));
    return connectOnce(
      { ...again.server, connectTimeoutMs },
      { ...options, prior: again.prior, handshake: undefined },
    ).catch((second: unknown) => {
      throw toVersionFailure(second, server) ?? second;
    });
  }
}

interface SecondWay {
  readonly server: McpServerConfig;
  readonly prior: PriorDiscovery | undefined;
}

/** What a server answers that does not know Streamable HTTP. Any other refusal says nothing about the transport. */
const unknownTransportStatuses = new Set([400, 404, 405]);

function findSecondWay(
  server: McpServerConfig,
  { prior }: OpenClientOptions,
  error: unknown,
): SecondWay | undefined {
  // What was known of the server is no longer so: it went over to the newer era alone.
  if (prior?.kind === 'legacy' && server.type === 'http' && findOfferedVersions(error) !== undefined)
    return { server, prior: undefined };
  if (server.type === 'http' && server.fallback === 'sse') {
    const status = statusOf(error);
    const isUnknown = status !== undefined && unknownTransportStatuses.has(status);
    return isUnknown ? { server: { ...server, type: 'sse' }, prior: undefined } : undefined;
  }
  // Some servers of the 2025 era end at a request they do not know; they get a process that is not asked.
  const endedAtTheQuestion =
    server.type === 'stdio' &&
    prior === undefined &&
    error instanceof SdkError &&
    error.code === SdkErrorCode.EraNegotiationFailed;
  return endedAtTheQuestion ? { server, prior: { kind: 'legacy' } } : undefined;
}

async function connectOnce(server: McpServerConfig, options: OpenClientOptions): Promise<OpenClient> {
  const timeout = server.connectTimeoutMs;
  const { validators, handshake, onToolsChanged, signal } = options;
  const life: SessionLife = {
    listening: handshake?.listening ?? { endings: 0 },
    requests: handshake?.requests ?? { nextId: 0, unanswered: new Set() },
  };
  const client = new Client(clientInfo, {
    versionNegotiation: negotiationOf(server),
    ...(validators === undefined ? {} : { jsonSchemaValidator: validators }),
  });
  if (onToolsChanged !== undefined)
    client.setNotificationHandler('notifications/tools/list_changed', onToolsChanged);
  const transport = createTransport(server, { ...options, ...life });
  const prior = handshake === undefined ? options.prior : legacyEra;
  const connecting = client.connect(transport, {
    // Ours comes first: it tells a server that is late from a process that stood still.
    timeout: timeout * 2,
    ...(prior === undefined ? {} : { prior }),
  });
  try {
    // The SDK’s own timeout does not cover the reply to `notifications/initialized`.
    connecting.catch(() => undefined);
    await withDeadline(connecting, timeout, signal);
  } catch (error) {
    // Not waited for: what does not answer, or does not end, would keep the caller waiting as well.
    void closeBoth(client, transport);
    throw error;
  }
  return {
    client,
    discovery: toDiscovery(client),
    isSession: server.type === 'sse' || transport.sessionId !== undefined,
    isReplaceable: server.type === 'http',
    handshake: server.type === 'http' ? readHandshake(client, life) : undefined,
  };
}

async function closeBoth(client: Client, transport: Transport): Promise<void> {
  await client.close().catch(() => undefined);
  // During the negotiation the client does not know its transport yet.
  await transport.close().catch(() => undefined);
}

function negotiationOf({ type, connectTimeoutMs }: McpServerConfig): VersionNegotiationOptions {
  // The newer eras have no such transport.
  if (type === 'sse') return { mode: 'legacy' };
  // A process that does not answer an unknown request is asked again in the older way, for which time must be left.
  if (type === 'stdio') return { mode: 'auto', probe: { timeoutMs: Math.ceil(connectTimeoutMs / 2) } };
  return { mode: 'auto' };
}

const legacyEra: PriorDiscovery = { kind: 'legacy' };

function toDiscovery(client: Client): PriorDiscovery | undefined {
  return client.getProtocolEra() === 'legacy' ? legacyEra : toPriorDiscovery(client.getDiscoverResult());
}

/** What a shared discovery claims, so that each person’s own requests find out what the server has for them. */
const askedForCapabilities = { tools: {}, resources: {} };

/** Keeps of a discovery what is the same for everybody: instructions and capabilities may be meant for one person. */
function toPriorDiscovery(discover: DiscoverResult | undefined): PriorDiscovery | undefined {
  if (discover === undefined) return undefined;
  const { instructions: _instructions, ...shared } = discover;
  return { kind: 'modern', discover: { ...shared, capabilities: askedForCapabilities } };
}

async function withDeadline(
  work: Promise<void>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const wait = openExchange(signal);
  wait.limit(
    timeoutMs,
    () => new DOMException(`Not connected within ${String(timeoutMs)} ms.`, 'TimeoutError'),
  );
  try {
    await untilAborted(work, wait.signal);
  } finally {
    wait.finish();
  }
}
