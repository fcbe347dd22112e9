/** The transport that belongs to a server's `type`. */
import type { Transport } from '@modelcontextprotocol/client';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { McpServerConfig } from '../config/mcp-servers.js';
import { ConfigError } from '../errors.js';
import { createAuthorizedFetch } from './authorized-fetch.js';
import type { Credential } from './credential.js';

/** What {@link createTransport} needs besides the server. */
export interface TransportOptions {
  /** Whose requests the transport makes. */
  readonly credential: Credential;
  /** The `fetch` underneath; the global one when left out. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/**
 * Creates an unconnected transport for one principal and server.
 *
 * @throws {@link ConfigError} for a `type` that this release does not speak.
 */
export function createTransport(server: McpServerConfig, options: TransportOptions): Transport {
  switch (server.type) {
    case 'http':
      return new StreamableHTTPClientTransport(new URL(server.url), {
        fetch: createAuthorizedFetch({ server, ...options }),
        // The optional GET stream of the 2025 era is not reopened: nothing listens on it between calls.
        reconnectionOptions: {
          maxRetries: 0,
          initialReconnectionDelay: 1000,
          maxReconnectionDelay: 1000,
          reconnectionDelayGrowFactor: 1,
        },
      });
    case 'sse':
    case 'stdio':
      throw unspoken(server, 'type');
  }
}

/**
 * Refuses servers that this release cannot reach, before anybody is told that they are down.
 *
 * @throws {@link ConfigError} naming the member of `mcp-servers.json`.
 */
export function requireSpoken(servers: readonly McpServerConfig[]): readonly McpServerConfig[] {
  for (const server of servers) {
    if (server.type !== 'http') throw unspoken(server, 'type');
    if (server.auth.mode === 'exchange') throw unspoken(server, 'auth.mode');
  }
  return servers;
}

function unspoken(server: McpServerConfig, member: 'type' | 'auth.mode'): ConfigError {
  const value = member === 'type' ? server.type : server.auth.mode;
  const instead = member === 'type' ? 'use "http"' : 'use "forward"';
  return new ConfigError(
    `mcpServers.${server.name}.${member}`,
    `"${value}" is not spoken by this release; ${instead}, or leave the server out.`,
  );
}
