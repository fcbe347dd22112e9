/** The MCP protocol over HTTP: stateless, a fresh server for each request, the same in both protocol eras. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, type AuthInfo } from '@modelcontextprotocol/server';
import { NotWiredError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Caller } from '../platform/caller.js';
import type { Platform } from '../platform/platform.js';
import { createPlatformMcpServer } from './platform-mcp-server.js';
import { toCredentialsUrl, type ProtectedResource } from './protected-resource.js';

/** Longest request body, in bytes. */
export const maximumBodyBytes = 1024 * 1024;

/** Serves admitted requests. */
export interface McpEndpoint {
  /** Reads the request's body and answers. */
  handle(request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<void>;
  /** Ends what is still in flight. */
  close(): Promise<void>;
}

/** What the endpoint needs. */
export interface McpEndpointOptions {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly resource: ProtectedResource;
}

/** Creates the endpoint. */
export function createMcpEndpoint({ platform, logger, resource }: McpEndpointOptions): McpEndpoint {
  // The SDK hands the same object on to the factory: the caller travels beside it, and the token does not travel at all.
  const callers = new WeakMap<AuthInfo, Caller>();
  const handler = createMcpHandler(
    ({ authInfo }) => {
      const caller = authInfo === undefined ? undefined : callers.get(authInfo);
      if (caller === undefined) throw new NotWiredError('An MCP request came past the bearer gate.');
      const credentialsUrl = (id: string): string => toCredentialsUrl(resource, id);
      return createPlatformMcpServer({
        platform,
        logger,
        identify: () => Promise.resolve(caller),
        credentialsUrl,
      });
    },
    {
      maxRequestBodySize: maximumBodyBytes,
      onerror: (error) => {
        logger.debug('mcp.request.rejected', { error });
      },
    },
  );
  const onerror = (error: Error): void => {
    logger.error('mcp.request.failed', { error });
  };
  const serve = toNodeHandler(handler, { maxRequestBodySize: maximumBodyBytes, onerror });
  const handle = async (
    request: IncomingMessage,
    response: ServerResponse,
    caller: Caller,
  ): Promise<void> => {
    const { scopes, expiresAt } = caller.principal;
    const auth: AuthInfo = { token: '', clientId: caller.clientId ?? '', scopes: [...scopes], expiresAt };
    callers.set(auth, caller);
    await serve(Object.assign(request, { auth }), response);
  };
  return { handle, close: () => handler.close() };
}
