/** The `fetch` of one connection: sets the credential per request and lets nothing carry it elsewhere. */
import type { FetchLike } from '@modelcontextprotocol/client';
import { SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import { OutcomeError } from '../outcomes.js';
import { hiddenText } from '../token-text.js';
import { unavailableMessage } from './call-failure.js';
import { withAbortableBody } from './fetch/abortable-body.js';
import { toRetryAfterMs } from './retry-after.js';
import type { SecretRedactor } from './secret-redactor.js';
import type { RequestAuthorization, ServerAuthorizationOptions } from './server-authorization.js';
import { createServerAuthorization } from './server-authorization.js';

type Init = RequestInit | undefined;

/** The most of an error's body that is kept, in bytes; the rest is not read. */
const maxErrorBodyBytes = 2048;

/** What {@link createAuthorizedFetch} is made of; requests to another origin than the server's are refused. */
export interface AuthorizedFetchOptions extends ServerAuthorizationOptions {
  /** Learns what each request carries, and takes it out of what comes back outside of a message. */
  readonly redactor: SecretRedactor;
  /** The `fetch` underneath; the global one when left out. */
  readonly fetch?: FetchLike | undefined;
}

/**
 * Creates the `fetch` for one connection.
 * It follows no redirect and refuses another origin, so that a token never leaves the server it is meant for.
 * A request that the server answers with 401 is sent once more when there is another token by then.
 * It throws `unavailable` for a 429 or 503 with Retry-After, because the SDK’s error keeps no header; its cause tells
 * the status.
 *
 * @see OAuth 2.1 section 1.5, RFC 9110 section 15.6.4
 */
export function createAuthorizedFetch(options: AuthorizedFetchOptions): FetchLike {
  const { server, redactor, fetch = globalThis.fetch } = options;
  const { origin } = new URL(server.url);
  const authorize = createServerAuthorization(options);

  const sendOnce = async (url: URL, init: Init, { headers: own, secrets }: RequestAuthorization) => {
    const headers = new Headers(init?.headers);
    for (const [name, value] of Object.entries(own)) headers.set(name, value);
    for (const secret of secrets) redactor.learn(secret);
    const response = await fetch(url, { ...init, headers, redirect: 'error' });
    // The body of an error is read here, where nothing else ends it.
    return withoutSecrets(response.ok ? response : withAbortableBody(response, init?.signal), redactor);
  };

  const send = async (url: URL, init: Init): Promise<Response> => {
    const first = await authorize();
    const response = await sendOnce(url, init, first);
    if (response.status !== 401 || !first.refuse() || !isRepeatable(init)) return response;
    const second = await authorize();
    if (second.headers['authorization'] === first.headers['authorization']) return response;
    const answer = await sendOnce(url, init, second);
    if (answer.status === 401) second.refuse();
    return answer;
  };

  return async function authorizedFetch(input, init) {
    const url = new URL(input);
    if (url.origin !== origin)
      throw new TypeError(`The server "${server.name}" may not be left for another origin.`);
    const response = await send(url, init);
    const wait = response.headers.get('retry-after');
    if (wait === null || (response.status !== 503 && response.status !== 429)) return response;
    const retryAfterMs = toRetryAfterMs(wait);
    const message = unavailableMessage(server.name, retryAfterMs);
    throw new OutcomeError(
      { outcome: 'unavailable', message, retryAfterMs },
      { cause: toHttpError(response) },
    );
  };
}

/** By which a write tells a refusal, 429, from a 503, that may stand for an answer which was lost. */
function toHttpError({ status }: Response): SdkHttpError {
  return new SdkHttpError(SdkErrorCode.ClientHttpNotImplemented, `HTTP ${String(status)}`, { status });
}

/** A stream is spent when it was sent once; the SDK sends texts. */
function isRepeatable(init: Init): boolean {
  return init?.body === undefined || init.body === null || typeof init.body === 'string';
}

/** Takes secrets out of what is no message: headers, and the body of an error, of which no more is read than is kept. */
async function withoutSecrets(response: Response, redactor: SecretRedactor): Promise<Response> {
  const { status, ok } = response;
  const came = [...response.headers];
  const shown = came.map(([name, value]): [string, string] => [
    name,
    // It must go back to the server as it came, and may be a JWT of the server’s own making.
    name === 'mcp-session-id' ? value : redactor.text(value),
  ]);
  const statusText = redactor.text(response.statusText);
  const isClean =
    statusText === response.statusText && shown.every(([, value], index) => value === came[index]?.[1]);
  if (ok && isClean) return response;
  const headers = new Headers(shown);
  if (ok) return new Response(response.body, { status, statusText, headers });
  const text = response.body === null ? null : await readAtMost(response.body, maxErrorBodyBytes);
  headers.delete('content-length');
  headers.delete('content-encoding');
  return new Response(text === null ? null : redactor.text(text), { status, statusText, headers });
}

async function readAtMost(body: ReadableStream<Uint8Array>, limit: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const chunk of body) {
    text += decoder.decode(chunk.subarray(0, limit - size), { stream: true });
    size += chunk.byteLength;
    // The cut may have gone through a token, whose beginning nobody would know.
    if (size >= limit) return text.replace(/[\w\-.~+/=%]+$/, hiddenText);
  }
  return text;
}
