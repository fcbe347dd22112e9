/** The `fetch` of one connection: sets the credential per request and lets nothing carry it elsewhere. */
import type { FetchLike } from '@modelcontextprotocol/client';
import type { McpServerConfig } from '../config/mcp-servers.js';
import { OutcomeError } from '../outcomes.js';
import { unavailableMessage } from './call-failure.js';
import type { Credential } from './credential.js';
import { authorizationHeaders } from './credential.js';

/** The most of an error's body that is kept, in bytes; the rest is not read. */
const maxErrorBodyBytes = 2048;

/** What {@link createAuthorizedFetch} is made of. */
export interface AuthorizedFetchOptions {
  /** The server this connection belongs to; requests to another origin are refused. */
  readonly server: McpServerConfig & { readonly url: string };
  /** Read at every request, so that a renewed token is used without a new connection. */
  readonly credential: Credential;
  /** The `fetch` underneath; the global one when left out. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/**
 * Creates the `fetch` for one connection.
 * It follows no redirect and refuses another origin, so that a token never leaves the server it is meant for.
 * It throws `unavailable` for a 503 with Retry-After, because the SDK’s error keeps no header.
 *
 * @see OAuth 2.1 section 1.5, RFC 9110 section 15.6.4
 */
export function createAuthorizedFetch(options: AuthorizedFetchOptions): FetchLike {
  const { server, credential, fetch = globalThis.fetch } = options;
  const { origin } = new URL(server.url);

  return async function authorizedFetch(input, init) {
    const url = new URL(input);
    if (url.origin !== origin)
      throw new TypeError(`The server "${server.name}" may not be left for another origin.`);
    const headers = new Headers(init?.headers);
    for (const [name, value] of Object.entries(authorizationHeaders(server, credential)))
      headers.set(name, value);
    const response = await fetch(url, { ...init, headers, redirect: 'error' });
    if (response.status === 503 && response.headers.has('retry-after')) {
      await response.body?.cancel();
      throw new OutcomeError({ outcome: 'unavailable', message: unavailableMessage(server.name) });
    }
    return response.ok ? response : withCappedBody(response);
  };
}

async function withCappedBody(response: Response): Promise<Response> {
  const text = response.body === null ? null : await readAtMost(response.body, maxErrorBodyBytes);
  const { status, statusText, headers } = response;
  return new Response(text, { status, statusText, headers: withoutLength(headers) });
}

function withoutLength(headers: Headers): Headers {
  const copy = new Headers(headers);
  copy.delete('content-length');
  copy.delete('content-encoding');
  return copy;
}

async function readAtMost(body: ReadableStream<Uint8Array>, limit: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const chunk of body) {
    text += decoder.decode(chunk.subarray(0, limit - size), { stream: true });
    size += chunk.byteLength;
    if (size >= limit) break;
  }
  return text;
}
