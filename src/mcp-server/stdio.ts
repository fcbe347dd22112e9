/** The platform over stdio, for one person whose token stands in PLATFORM_TOKEN. */
import { randomUUID } from 'node:crypto';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { toBearerToken } from '../auth/bearer-token.js';
import type { TokenVerifier } from '../auth/token-verifier.js';
import { ConfigError, findFleetError, InsufficientScopeError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Caller } from '../platform/caller.js';
import type { Platform } from '../platform/platform.js';
import { platformScope } from './authenticate-request.js';
import { createPlatformMcpServer } from './platform-mcp-server.js';

/** What {@link startPlatformStdio} needs. */
export interface PlatformStdioOptions {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly verifier: TokenVerifier;
  /** PLATFORM_TOKEN; a secret. */
  readonly token: string | undefined;
}

/**
 * Serves the process's stdin and stdout. The token is verified now and again before each request, so that one that
 * expires in between is refused.
 *
 * @throws {@link ConfigError} when the token is missing or refused.
 */
export async function startPlatformStdio(options: PlatformStdioOptions): Promise<{ close(): Promise<void> }> {
  const { platform, logger, verifier } = options;
  const identify = async (): Promise<Caller> => {
    const principal = await verifier.verify(toBearerToken(options.token));
    if (!principal.scopes.includes(platformScope)) throw new InsufficientScopeError(platformScope);
    return { principal, requestId: randomUUID(), clientId: principal.clientId };
  };
  await identify().catch((cause: unknown) => {
    const message = findFleetError(cause)?.message ?? 'it cannot be verified.';
    throw new ConfigError('PLATFORM_TOKEN', `${message} Print one with "npm run -s token -- alice".`, {
      cause,
    });
  });
  const onerror = (error: Error): void => {
    logger.warn('mcp.stdio.error', { error });
  };
  return serveStdio(() => createPlatformMcpServer({ platform, logger, identify }), { onerror });
}
