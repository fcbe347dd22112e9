/** The transport that belongs to a server's `type`. */
import type { Transport } from '@modelcontextprotocol/client';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { ExchangedTokens } from '../auth/exchanged-tokens.js';
import type { HttpMcpServerConfig, McpServerConfig } from '../config/mcp-servers.js';
import { ConfigError } from '../errors.js';
import { createAuthorizedFetch } from './authorized-fetch.js';
import type { Credential } from './credential.js';
import { createRedactedTransport } from './redacted-transport.js';
import { createSecretRedactor } from './secret-redactor.js';

/** What {@link createTransport} needs besides the server. */
export interface TransportOptions {
  /** Whose requests the transport makes. */
  readonly credential: Credential;
  /** Where the tokens of `exchange` servers come from. */
  readonly exchanged: ExchangedTokens;
  /** The `fetch` underneath; the global one when left out. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/**
 * Creates an unconnected transport for one principal and server. What the server says comes out of it without the
 * secrets that its requests carry.
 *
 * @throws {@link ConfigError} for a `type` that this release does not speak.
 */
export function createTransport(server: McpServerConfig, options: TransportOptions): Transport {
  switch (server.type) {
    case 'http':
      return createHttpTransport(server, options);
    case 'sse':
    case 'stdio':
      throw unspoken(server);
  }
}

function createHttpTransport(server: HttpMcpServerConfig, options: TransportOptions): Transport {
  const redactor = createSecretRedactor();
  const transport = new StreamableHTTPClientTransport(new URL(server.url), {
    fetch: createAuthorizedFetch({ server, redactor, ...options }),
    // The optional GET stream of the 2025 era is not reopened: nothing listens on it between calls.
    reconnectionOptions: {
      maxRetries: 0,
      initialReconnectionDelay: 1000,
      maxReconnectionDelay: 1000,
      reconnectionDelayGrowFactor: 1,
    },
  });
  return createRedactedTransport(transport, redactor);
}

/**
 * Refuses servers that this release cannot reach, before anybody is told that they are down.
 *
 * @throws {@link ConfigError} naming the member of `mcp-servers.json`.
 */
export function requireSpoken(servers: readonly McpServerConfig[]): readonly McpServerConfig[] {
  for (const server of servers) {
    if (server.type !== 'http') throw unspoken(server);
  }
  return servers;
}

function unspoken(server: McpServerConfig): ConfigError {
  return new ConfigError(
    `mcpServers.${server.name}.type`,
    `"${server.type}" is not spoken by this release; use "http", or leave the server out.`,
  );
}
