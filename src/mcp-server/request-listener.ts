/** What happens to one HTTP request: where it goes, and who has to be known before it gets there. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { toAuthResponse } from '../auth/challenge.js';
import { principalKey } from '../auth/principal.js';
import type { TokenVerifier } from '../auth/token-verifier.js';
import { TokenInvalidError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Caller } from '../platform/caller.js';
import type { Platform } from '../platform/platform.js';
import type { RateLimit } from '../rate-limit.js';
import { refuseAddress, type AddressGuardOptions } from './address-guard.js';
import { authenticateRequest, platformScope } from './authenticate-request.js';
import { answerCredentials } from './credentials-route.js';
import { problem, sendAnswer, type HttpAnswer } from './http-answer.js';
import type { McpEndpoint } from './mcp-endpoint.js';
import { metadataPaths, metadataUrl, toMetadata, type ProtectedResource } from './protected-resource.js';

/** What the listener works with. */
export interface RequestListenerOptions {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly verifier: TokenVerifier;
  readonly resource: ProtectedResource;
  readonly endpoint: McpEndpoint;
  readonly limit: RateLimit;
  readonly guard: AddressGuardOptions;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
}

const credentialsPath = /^\/resources\/([\w-]{1,100})\/credentials$/;
const nothingHere = problem(404, 'not_found', 'There is nothing at this path; MCP is at /mcp.');

/**
 * Creates the listener. Liveness and metadata are answered to anyone; everything else is admitted by its token, on
 * every request and before any of its body is read.
 */
export function createRequestListener(options: RequestListenerOptions): RequestListener {
  return (request, response) => {
    const requestId = randomUUID();
    serve(options, { request, response, requestId }).catch((error: unknown) => {
      options.logger.error('platform.request.failed', { requestId, error });
      if (!response.headersSent) sendAnswer(response, problem(500, 'internal_error', 'The platform failed.'));
      response.end();
    });
  };
}

async function serve(options: RequestListenerOptions, exchange: Exchange): Promise<void> {
  const { request, response, requestId } = exchange;
  const [path = '/'] = (request.url ?? '/').split('?');
  const open = answerOpen(options, request, path);
  if (open !== undefined) {
    sendAnswer(response, open);
    return;
  }
  response.setHeader('X-Request-Id', requestId);
  const caller = await admit(options, exchange);
  if (caller === undefined) return;
  const resourceId = credentialsPath.exec(path)?.[1];
  if (resourceId === undefined) await options.endpoint.handle(request, response, caller);
  else await answerCredentials({ ...options, caller }, { request, response, resourceId });
}

/** Answers what needs no token; undefined for what does. */
function answerOpen(
  { guard, resource }: RequestListenerOptions,
  request: IncomingMessage,
  path: string,
): HttpAnswer | undefined {
  if (path === '/healthz') return forReading(request, { status: 'ok' });
  const refusal = refuseAddress(request, guard);
  if (refusal !== undefined) return problem(403, 'forbidden', refusal);
  if (metadataPaths(resource).includes(path)) return forReading(request, toMetadata(resource));
  return path === '/mcp' || credentialsPath.test(path) ? undefined : nothingHere;
}

function forReading(request: IncomingMessage, body: unknown): HttpAnswer {
  if (request.method === 'GET' || request.method === 'HEAD') return { status: 200, body };
  return {
    ...problem(405, 'method_not_allowed', 'Only GET is answered here.'),
    headers: { Allow: 'GET, HEAD' },
  };
}

/** Lets a request in, or answers it and returns undefined. */
async function admit(options: RequestListenerOptions, exchange: Exchange): Promise<Caller | undefined> {
  const { verifier, limit } = options;
  const { request, response, requestId } = exchange;
  try {
    const caller = await authenticateRequest(request, verifier, requestId);
    const waitSeconds = limit.take(principalKey(caller.principal));
    if (waitSeconds === 0) return caller;
    const refusal = problem(429, 'too_many_requests', 'Too many requests; wait, then try again.');
    sendAnswer(response, { ...refusal, headers: { 'Retry-After': String(waitSeconds) } });
  } catch (error) {
    sendAnswer(response, toRefusal(options, error, requestId));
  }
  return undefined;
}

function toRefusal(
  { logger, resource }: RequestListenerOptions,
  error: unknown,
  requestId: string,
): HttpAnswer {
  const challenge = { resourceMetadataUrl: metadataUrl(resource), scope: platformScope };
  const answer = toAuthResponse(error, challenge);
  if (answer === undefined) throw error;
  const reason = error instanceof TokenInvalidError ? error.reason : answer.body.error;
  logger.warn('platform.request.refused', { requestId, status: answer.status, reason });
  return answer;
}
