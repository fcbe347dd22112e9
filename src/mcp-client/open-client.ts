/** Connects one MCP client for one principal and server. */
import type { DiscoverResult, PriorDiscovery } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/client';
import type { McpServerConfig } from '../config/mcp-servers.js';
import type { TransportOptions } from './transport.js';
import { createTransport } from './transport.js';

const clientInfo = { name: 'graph-fleet', version: '0.1.0' };

/** A connected client and what it learned about the server's era. */
export interface OpenClient {
  readonly client: Client;
  /** Lets the next client skip the negotiation; undefined for a server of the 2025 era. */
  readonly discovery: PriorDiscovery | undefined;
}

/**
 * Connects a client in the newest protocol era that both sides speak.
 * With a prior discovery a server of the 2026 era is not asked again: no request is made before the first call.
 *
 * @throws the SDK's errors; a connection that is not ready within the server's `connectTimeoutMs` is closed.
 * @see MCP 2026-07-28, "server/discover"; MCP 2025-11-25, "Lifecycle"
 */
export async function openClient(
  server: McpServerConfig,
  options: TransportOptions & { readonly prior?: PriorDiscovery | undefined },
): Promise<OpenClient> {
  const client = new Client(clientInfo, { versionNegotiation: { mode: 'auto' } });
  const transport = createTransport(server, options);
  const timeout = server.connectTimeoutMs;
  const connecting = client.connect(transport, {
    timeout,
    ...(options.prior === undefined ? {} : { prior: options.prior }),
  });
  try {
    // The SDK’s own timeout does not cover the reply to `notifications/initialized`.
    await withDeadline(connecting, timeout);
  } catch (error) {
    await client.close();
    throw error;
  }
  return { client, discovery: toPriorDiscovery(client.getDiscoverResult()) };
}

/** Keeps of a discovery what is the same for everybody: the server’s instructions may be meant for one person. */
function toPriorDiscovery(discover: DiscoverResult | undefined): PriorDiscovery | undefined {
  if (discover === undefined) return undefined;
  const { instructions: _instructions, ...shared } = discover;
  return { kind: 'modern', discover: shared };
}

async function withDeadline(work: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new DOMException(`Not connected within ${String(timeoutMs)} ms.`, 'TimeoutError'));
    }, timeoutMs);
  });
  try {
    await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
