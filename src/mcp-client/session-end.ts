/** Ends a session on the server when nobody needs it any more: the SDK’s `close` alone leaves it there. */
import type { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { HttpMcpServerConfig } from '../config/mcp-servers.js';
import type { Handshake } from './handshake.js';

/** Longest wait for the reply to the end of a session, in milliseconds. */
const maxWaitMs = 2000;

/** How a transport ends its session. */
export interface SessionEndOptions {
  readonly connectTimeoutMs: number;
  /** Tells at the close whether the session goes on without this client; it ends when left out. */
  readonly isKept?: (() => boolean) | undefined;
}

/**
 * Makes `close` send the DELETE of the session first, where there is one; it waits for the reply two seconds at most.
 * A server that refuses or does not answer keeps nothing from closing.
 *
 * @see MCP 2025-11-25, "Session Management"; https://github.com/modelcontextprotocol/typescript-sdk/issues/2175
 */
export function endSessionOnClose(
  transport: StreamableHTTPClientTransport,
  { connectTimeoutMs, isKept = () => false }: SessionEndOptions,
): void {
  const close = transport.close.bind(transport);
  transport.close = async () => {
    if (transport.sessionId !== undefined && !isKept())
      await withPatience(transport.terminateSession(), connectTimeoutMs);
    await close();
  };
}

/** A session that has no client, and where it is. */
export interface LooseSession {
  readonly server: Pick<HttpMcpServerConfig, 'url' | 'connectTimeoutMs'>;
  readonly handshake: Handshake;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
}

/** Ends a session that has no client; resolves when the server has replied, or does not in time. */
export async function endSession({ server, handshake, fetch }: LooseSession): Promise<void> {
  if (handshake.sessionId === undefined) return;
  const headers = {
    'mcp-session-id': handshake.sessionId,
    'mcp-protocol-version': handshake.answer.protocolVersion,
  };
  await withPatience(fetch(server.url, { method: 'DELETE', headers }), server.connectTimeoutMs);
}

async function withPatience(ending: Promise<unknown>, connectTimeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.min(connectTimeoutMs, maxWaitMs));
  });
  try {
    // What a server says to the end of a session changes nothing for anybody here.
    await Promise.race([ending.catch(() => undefined), patience]);
  } finally {
    clearTimeout(timer);
  }
}
