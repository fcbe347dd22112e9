/** From where runs take their toolsets and how their tokens are verified; nothing of it is touched before a run. */
import type { TokenVerifier } from '../auth/token-verifier.js';
import { createTokenVerifier } from '../auth/token-verifier.js';
import { jwksKeys, remoteKeys } from '../auth/verification-keys.js';
import type { McpServerConfig } from '../config/mcp-servers.js';
import { parseMcpServers } from '../config/mcp-servers.js';
import type { Logger } from '../logger.js';
import type { McpConnections } from '../mcp-client/mcp-connections.js';
import { createMcpConnections } from '../mcp-client/mcp-connections.js';
import type { Loading } from '../mcp-client/toolset-parts.js';
import { createToolsets } from '../mcp-client/toolset.js';
import { runOutside } from '../outside-runs.js';
import type { Slots } from '../runtime/slots.js';
import { createSlots } from '../runtime/slots.js';

/** How users’ tokens are verified. @see RFC 8725 */
export interface TokenRules {
  /** The required claim `iss`. */
  readonly issuer: string;
  /** What the claim `aud` must contain: this agent’s own audience. */
  readonly audience: string;
  /** Where the public keys are: a URL (https, or loopback), or the key set itself. @see RFC 7517 section 5 */
  readonly jwks: string | { readonly keys: readonly unknown[] };
}

/** What the middleware’s runs are connected to. */
export interface RunSources {
  /** The `mcpServers` map as in `mcp-servers.json`, or a function that gives connections, which agents may share, when the first run comes. */
  readonly mcpServers: Readonly<Record<string, unknown>> | (() => McpConnections);
  /** How tokens are verified, or a function that gives the verifier when the first run comes. */
  readonly tokens: TokenRules | (() => Promise<TokenVerifier>);
  /**
   * `wait`, the default: a turn’s first model call waits until expired lists of tools are read again. `overlap`: where
   * the lists are known for this person, they are read again beside the model call, and a tool call waits for them.
   */
  readonly loading?: Loading | undefined;
}

/**
 * Makes the function that gives the slots of one middleware: connected at the first call, kept from then on.
 * A failure is not kept, so a setting that was mended is seen by the next run.
 */
export function connectSlots(sources: RunSources, logger: Logger): () => Promise<Slots> {
  let connecting: Promise<Slots> | undefined;
  return () => {
    connecting ??= runOutside(() =>
      connect(sources, logger).catch((error: unknown) => {
        connecting = undefined;
        throw error;
      }),
    );
    return connecting;
  };
}

async function connect(sources: RunSources, logger: Logger): Promise<Slots> {
  const { mcpServers, tokens, loading = 'wait' } = sources;
  const connections =
    typeof mcpServers === 'function'
      ? mcpServers()
      : createMcpConnections({ servers: parseServerMap(mcpServers), logger });
  const verifier = typeof tokens === 'function' ? await tokens() : toVerifier(tokens);
  return createSlots({ verifier, toolsets: createToolsets(connections, loading) });
}

function parseServerMap(mcpServers: Readonly<Record<string, unknown>>): readonly McpServerConfig[] {
  return parseMcpServers(JSON.stringify({ mcpServers }), { file: 'option "mcpServers"', env: {} });
}

function toVerifier({ issuer, audience, jwks }: TokenRules): TokenVerifier {
  return createTokenVerifier({
    issuer,
    audience,
    keys: typeof jwks === 'string' ? remoteKeys(jwks) : jwksKeys(jwks),
  });
}
