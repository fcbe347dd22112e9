/** The platform over HTTP: MCP at `/mcp` in both protocol eras, one gate in front of everything that acts. */
import { createServer, type Server } from 'node:http';
import type { TokenVerifier } from '../auth/token-verifier.js';
import type { Logger } from '../logger.js';
import { systemClock, type Clock } from '../platform/clock.js';
import type { Platform } from '../platform/platform.js';
import { createRateLimit } from '../rate-limit.js';
import type { AddressGuardOptions } from './address-guard.js';
import { listen } from './listen.js';
import { createMcpEndpoint, type McpEndpoint } from './mcp-endpoint.js';
import type { ProtectedResource } from './protected-resource.js';
import { createRequestListener } from './request-listener.js';

/** Who is let in; known once the port is. */
export interface PlatformAccess {
  readonly verifier: TokenVerifier;
  /** What tokens must carry in `aud`: by default the public URL of the MCP endpoint. */
  readonly audience: string;
  /** Claim `iss`, and the authorization server that the metadata names. */
  readonly issuer: string;
}

/** What {@link startPlatformServer} needs. */
export interface PlatformServerOptions extends AddressGuardOptions {
  readonly platform: Platform;
  readonly logger: Logger;
  /** Listen address. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Makes the verifier for the port that is really listened on: the default audience holds it. */
  readonly accessFor: (port: number) => PlatformAccess;
  /** Requests that one person may make; default 500 a second and 1000 at once. */
  readonly rateLimit?: { readonly perSecond: number; readonly burst: number } | undefined;
  /** Default: the machine's time. */
  readonly clock?: Clock | undefined;
}

/** A running server. */
export interface PlatformServer {
  /** The MCP endpoint, e.g. `http://127.0.0.1:8090/mcp`. */
  readonly url: string;
  readonly port: number;
  /** Takes no new request, lets those in flight end, at most 6 seconds; safe to call twice. */
  close(): Promise<void>;
}

const drainMs = 6000;
const defaultRateLimit = { perSecond: 500, burst: 1000 };
// Slow senders are cut off: 10 s for the header block, 30 s for the whole request.
const socketLimits = { maxHeaderSize: 16 * 1024, headersTimeout: 10_000, requestTimeout: 30_000 };
const maximumConnections = 2000;

/**
 * Listens and serves.
 *
 * @throws {@link ConfigError} naming PLATFORM_PORT or HOST when it cannot listen there.
 */
export async function startPlatformServer(options: PlatformServerOptions): Promise<PlatformServer> {
  const { platform, logger, rateLimit = defaultRateLimit, clock = systemClock } = options;
  const server = createServer(socketLimits);
  server.maxConnections = maximumConnections;
  const { url, port } = await listen(server, options.host, options.port);
  const { verifier, audience, issuer } = options.accessFor(port);
  const resource: ProtectedResource = { audience, issuer, endpoint: url };
  const endpoint = createMcpEndpoint({ platform, logger, resource });
  const limit = createRateLimit({ ...rateLimit, clock });
  const { allowedHosts, allowedOrigins } = options;
  const guard = { allowedHosts, allowedOrigins };
  server.on(
    'request',
    createRequestListener({ platform, logger, verifier, resource, endpoint, limit, guard }),
  );
  let closing: Promise<void> | undefined;
  // A connection that falls idle after the close began would be kept for its keep-alive time.
  server.on('request', (_request, response) => {
    response.once('close', () => {
      if (closing !== undefined) setImmediate(() => server.closeIdleConnections());
    });
  });
  return { url, port, close: () => (closing ??= drain(server, endpoint)) };
}

async function drain(server: Server, endpoint: McpEndpoint): Promise<void> {
  const patience = new AbortController();
  server.once('close', () => {
    patience.abort();
  });
  server.close();
  server.closeIdleConnections();
  await systemClock.wait(drainMs, patience.signal);
  server.closeAllConnections();
  await endpoint.close();
}
