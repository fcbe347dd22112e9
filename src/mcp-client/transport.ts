/** The transport that belongs to a server's `type`. */
import type { FetchLike, Transport } from '@modelcontextprotocol/client';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { ExchangedTokens } from '../auth/exchanged-tokens.js';
import type { HttpMcpServerConfig, McpServerConfig } from '../config/mcp-servers.js';
import type { Logger } from '../logger.js';
import { silentLogger } from '../logger.js';
import { createAuthorizedFetch } from './authorized-fetch.js';
import type { Credential } from './credential.js';
import type { FetchLimits } from './fetch/fetch-limits.js';
import type { ListeningLife } from './fetch/listening-stream.js';
import type { Handshake } from './handshake.js';
import { resumeHandshake } from './handshake.js';
import { createRedactedTransport } from './redacted-transport.js';
import type { SecretRedactor } from './secret-redactor.js';
import { createSecretRedactor } from './secret-redactor.js';
import type { ServerProcesses } from './server-processes.js';
import { createServerProcesses } from './server-processes.js';
import { createSseTransport } from './sse-transport.js';
import { createStdioTransport } from './stdio-transport.js';
import type { ServerBreaker } from './server-breaker.js';
import { createServerFetch } from './server-fetch.js';
import { endSessionOnClose } from './session-end.js';
import type { SessionRequests } from './session-requests.js';
import { continueRequests } from './session-requests.js';
import type { DroppedTool } from './usable-tools.js';
import { withoutMalformedTools } from './usable-tools.js';

/** What {@link createTransport} needs besides the server. */
export interface TransportOptions {
  /** Whose requests the transport makes. */
  readonly credential: Credential;
  /** Where the tokens of `exchange` servers come from. */
  readonly exchanged: ExchangedTokens;
  /** The `fetch` underneath; the global one when left out. */
  readonly fetch?: FetchLike | undefined;
  /** Where the processes of `stdio` servers are started; a set of its own when left out. */
  readonly processes?: ServerProcesses | undefined;
  /** Where the stderr of `stdio` servers goes; nowhere when left out. */
  readonly logger?: Logger | undefined;
  /** Shared by all connections to the server; none when left out. */
  readonly breaker?: ServerBreaker | undefined;
  /** Bounds that the server’s entry does not set; for tests. */
  readonly limits?: Partial<FetchLimits> | undefined;
  /** Where an earlier client of the same person left off; a new connection when left out. */
  readonly handshake?: Handshake | undefined;
  /** What becomes of the session’s listening stream is noted here. */
  readonly listening?: ListeningLife | undefined;
  /** What was asked before in the same session, and goes on with this transport; its first requests when left out. */
  readonly requests?: SessionRequests | undefined;
  /** Tells at the close whether the session goes on without this client; it ends when left out. */
  readonly isSessionKept?: (() => boolean) | undefined;
  /** Told when the server refuses the listening stream, with the status. */
  readonly onListenRefused?: ((status: number) => void) | undefined;
  /** Told of each listed tool that is none. */
  readonly onToolDropped?: ((dropped: DroppedTool) => void) | undefined;
}

/**
 * Creates an unconnected transport for one principal and server. What the server says comes out of it without the
 * secrets that its requests, or its process, carry.
 */
export function createTransport(server: McpServerConfig, options: TransportOptions): Transport {
  const redactor = createSecretRedactor();
  const { onToolDropped = () => undefined, requests } = options;
  const bare = createBareTransport(server, options, redactor);
  const hasSession = server.type === 'http' && requests !== undefined;
  const received = hasSession ? continueRequests(bare, requests) : undefined;
  return createRedactedTransport(bare, redactor, (message) =>
    withoutMalformedTools(received?.(message) ?? message, onToolDropped),
  );
}

function createBareTransport(
  server: McpServerConfig,
  options: TransportOptions,
  redactor: SecretRedactor,
): Transport {
  switch (server.type) {
    case 'http':
      return createHttpTransport(server, options, redactor);
    case 'sse':
      return createSseTransport(
        server,
        createAuthorizedFetch({ server, redactor, ...options, fetch: networkOf(options) }),
      );
    case 'stdio': {
      const { processes = createServerProcesses(), logger = silentLogger } = options;
      return createStdioTransport(server, { processes, redactor, logger });
    }
  }
}

function createHttpTransport(
  server: HttpMcpServerConfig,
  options: TransportOptions,
  redactor: SecretRedactor,
): Transport {
  const { handshake, isSessionKept } = options;
  const fetch = createServerFetch(server, { ...options, redactor });
  const transport = new StreamableHTTPClientTransport(new URL(server.url), {
    fetch: handshake === undefined ? fetch : resumeHandshake(handshake, fetch),
    // Streams are opened again below, where it is known which call one belongs to and how often it was.
    reconnectionOptions: {
      maxRetries: 0,
      initialReconnectionDelay: 1000,
      maxReconnectionDelay: 1000,
      reconnectionDelayGrowFactor: 1,
    },
  });
  endSessionOnClose(transport, { connectTimeoutMs: server.connectTimeoutMs, isKept: isSessionKept });
  return transport;
}

/** The stream of the older transport is its session and never ends: of what guards an answer it has the breaker alone. */
function networkOf({ breaker, fetch = globalThis.fetch }: TransportOptions): FetchLike {
  // Without its stream there is no connection at all.
  return breaker?.guard(fetch, { methods: ['GET', 'POST'] }) ?? fetch;
}
