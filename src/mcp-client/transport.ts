/** The transport that belongs to a server's `type`. */
import type { FetchLike, Transport } from '@modelcontextprotocol/client';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { ExchangedTokens } from '../auth/exchanged-tokens.js';
import type { HttpMcpServerConfig, McpServerConfig } from '../config/mcp-servers.js';
import type { Logger } from '../logger.js';
import { silentLogger } from '../logger.js';
import { createAuthorizedFetch } from './authorized-fetch.js';
import type { Credential } from './credential.js';
import { createRedactedTransport } from './redacted-transport.js';
import type { SecretRedactor } from './secret-redactor.js';
import { createSecretRedactor } from './secret-redactor.js';
import type { ServerProcesses } from './server-processes.js';
import { createServerProcesses } from './server-processes.js';
import { createSseTransport } from './sse-transport.js';
import { createStdioTransport } from './stdio-transport.js';

/** What {@link createTransport} needs besides the server. */
export interface TransportOptions {
  /** Whose requests the transport makes. */
  readonly credential: Credential;
  /** Where the tokens of `exchange` servers come from. */
  readonly exchanged: ExchangedTokens;
  /** The `fetch` underneath; the global one when left out. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Where the processes of `stdio` servers are started; a set of its own when left out. */
  readonly processes?: ServerProcesses | undefined;
  /** Where the stderr of `stdio` servers goes; nowhere when left out. */
  readonly logger?: Logger | undefined;
}

/**
 * Creates an unconnected transport for one principal and server. What the server says comes out of it without the
 * secrets that its requests, or its process, carry.
 */
export function createTransport(server: McpServerConfig, options: TransportOptions): Transport {
  const redactor = createSecretRedactor();
  return createRedactedTransport(createBareTransport(server, options, redactor), redactor);
}

function createBareTransport(
  server: McpServerConfig,
  options: TransportOptions,
  redactor: SecretRedactor,
): Transport {
  switch (server.type) {
    case 'http':
      return createHttpTransport(server, createAuthorizedFetch({ server, redactor, ...options }));
    case 'sse':
      return createSseTransport(server, createAuthorizedFetch({ server, redactor, ...options }));
    case 'stdio': {
      const { processes = createServerProcesses(), logger = silentLogger } = options;
      return createStdioTransport(server, { processes, redactor, logger });
    }
  }
}

function createHttpTransport({ url }: HttpMcpServerConfig, fetch: FetchLike): Transport {
  return new StreamableHTTPClientTransport(new URL(url), {
    fetch,
    // The optional GET stream of the 2025 era is not reopened: nothing listens on it between calls.
    reconnectionOptions: {
      maxRetries: 0,
      initialReconnectionDelay: 1000,
      maxReconnectionDelay: 1000,
      reconnectionDelayGrowFactor: 1,
    },
  });
}
