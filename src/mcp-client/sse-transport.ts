/** The older transport of HTTP with server-sent events, whose stream is its session. */
import type { FetchLike, Transport } from '@modelcontextprotocol/client';
import {
  InsufficientScopeError,
  SSEClientTransport,
  SdkErrorCode,
  SdkHttpError,
  SseError,
  extractWWWAuthenticateParams,
} from '@modelcontextprotocol/client';
import type { HttpMcpServerConfig } from '../config/mcp-servers.js';
import { withAbortableBody } from './fetch/abortable-body.js';
import { isOutcomeError, OutcomeError } from '../outcomes.js';

/**
 * Creates a transport that ends with its stream: the SDK’s own would open another in silence, which the server takes
 * for a new session that was never initialized, and leave calls waiting that nobody will answer.
 *
 * @see MCP 2024-11-05, "HTTP with SSE"
 */
export function createSseTransport(
  { name, url }: Pick<HttpMcpServerConfig, 'name' | 'url'>,
  authorizedFetch: FetchLike,
): Transport {
  let failure: unknown;
  const fetch: FetchLike = async (input, init) => {
    try {
      return withAbortableBody(await requireOk(await authorizedFetch(input, init)), init?.signal);
    } catch (error) {
      // The stream’s reader keeps no more of an error than its words.
      failure = error;
      throw error;
    }
  };
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the transport is; servers that speak no other are why it is here
  const inner = new SSEClientTransport(new URL(url), { fetch });
  const outer: Transport = {
    async start() {
      try {
        await inner.start();
      } catch (error) {
        await inner.close();
        throw failure ?? toStreamFailure(error, name);
      }
    },
    send: (message) => inner.send(message),
    close: () => inner.close(),
    setProtocolVersion: inner.setProtocolVersion.bind(inner),
  };
  Object.assign(inner, {
    onmessage: (message: Parameters<NonNullable<Transport['onmessage']>>[0]) => outer.onmessage?.(message),
    onerror: (error: Error) => {
      outer.onerror?.(error);
      // Of the stream, and not of one message or one request.
      if (error instanceof SseError) void inner.close();
    },
    onclose: () => outer.onclose?.(),
  });
  return outer;
}

/** The SDK’s error of a refused request says its status in words alone. */
async function requireOk(response: Response): Promise<Response> {
  if (response.ok) return response;
  const { status, statusText } = response;
  const { error, scope } = extractWWWAuthenticateParams(response);
  await response.body?.cancel();
  if (status === 403 && error === 'insufficient_scope')
    throw new InsufficientScopeError({ requiredScope: scope });
  throw new SdkHttpError(SdkErrorCode.ClientHttpFailedToOpenStream, `HTTP ${String(status)}`, {
    status,
    statusText,
  });
}

/** Why a stream that the server opened cannot be used: it broke, it is none, or it leads to another origin. */
function toStreamFailure(error: unknown, server: string): unknown {
  if (isOutcomeError(error) || (error instanceof SseError && error.code === undefined)) return error;
  return new OutcomeError(
    {
      outcome: 'contract',
      message: `The server "${server}" does not speak HTTP with SSE at its URL; an administrator must look at mcpServers.${server}.url.`,
    },
    { cause: error },
  );
}
