/** What a client of the 2025 era and its server agreed on, so that the next client of the same person need not ask again. */
import type { Client, InitializeResult } from '@modelcontextprotocol/client';
import type { ListeningLife } from './fetch/listening-stream.js';
import { readOutgoing } from './fetch/outgoing-message.js';
import type { SessionRequests } from './session-requests.js';

/** What goes on over all clients of a session. */
export interface SessionLife {
  /** How often the listening stream of the session ended. */
  readonly listening: ListeningLife;
  /** What was asked in it. */
  readonly requests: SessionRequests;
}

/** One agreement, and the session where the server keeps one. */
export interface Handshake extends SessionLife {
  readonly sessionId: string | undefined;
  /** The server’s answer to `initialize`, without its instructions, which nothing here reads. */
  readonly answer: Pick<InitializeResult, 'protocolVersion' | 'capabilities' | 'serverInfo'>;
}

/** Reads from a connected client what it agreed on; undefined in the 2026 era, which has no such agreement. */
export function readHandshake(client: Client, life: SessionLife): Handshake | undefined {
  const protocolVersion = client.getNegotiatedProtocolVersion();
  const serverInfo = client.getServerVersion();
  if (client.getProtocolEra() !== 'legacy' || protocolVersion === undefined || serverInfo === undefined)
    return undefined;
  const capabilities = client.getServerCapabilities() ?? {};
  return {
    sessionId: client.transport?.sessionId,
    answer: { protocolVersion, capabilities, serverInfo },
    ...life,
  };
}

type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/**
 * Creates the `fetch` of a client that goes on where another left: its `initialize` and `notifications/initialized` are
 * answered as they were then, without a request. A server that ended the session meanwhile says so to the first call.
 *
 * @see MCP 2025-11-25, "Session Management"
 */
export function resumeHandshake({ sessionId, answer }: Handshake, fetch: Fetch): Fetch {
  return function resumedFetch(url, init) {
    if (init?.method !== 'POST') return fetch(url, init);
    const outgoing = readOutgoing(init.body);
    if (outgoing.method === 'notifications/initialized')
      return Promise.resolve(new Response(null, { status: 202 }));
    if (outgoing.kind !== 'request' || outgoing.method !== 'initialize') return fetch(url, init);
    const headers = new Headers({ 'content-type': 'application/json' });
    if (sessionId !== undefined) headers.set('mcp-session-id', sessionId);
    const body = JSON.stringify({ jsonrpc: '2.0', id: outgoing.id, result: answer });
    return Promise.resolve(new Response(body, { headers }));
  };
}
