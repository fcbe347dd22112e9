/** Reads what a client sends: a request that waits for an answer, or anything else. */
import type { RequestId } from './answer-failure.js';
import { parseJson } from './judge-message.js';

/** A request, or a notice with the request it cancels. */
export type OutgoingMessage =
  | { readonly kind: 'request'; readonly id: RequestId; readonly method: string }
  | {
      readonly kind: 'notice';
      readonly method?: string | undefined;
      readonly cancels?: RequestId | undefined;
    };

/** Requests that make the connection: their answer decides how it goes on. */
export const connectingMethods: ReadonlySet<string> = new Set(['server/discover', 'initialize']);

/** Reads the body that the SDK’s transport sends: one JSON-RPC message as text, or nothing. */
export function readOutgoing(body: unknown): OutgoingMessage {
  const message: unknown = typeof body === 'string' ? parseJson(body) : undefined;
  if (typeof message !== 'object' || message === null || !('method' in message)) return { kind: 'notice' };
  const { method } = message;
  if (typeof method !== 'string') return { kind: 'notice' };
  if ('id' in message && isRequestId(message.id)) return { kind: 'request', id: message.id, method };
  if (method !== 'notifications/cancelled' || !('params' in message)) return { kind: 'notice', method };
  return { kind: 'notice', method, cancels: readRequestId(message.params) };
}

function readRequestId(params: unknown): RequestId | undefined {
  if (typeof params !== 'object' || params === null || !('requestId' in params)) return undefined;
  return isRequestId(params.requestId) ? params.requestId : undefined;
}

function isRequestId(value: unknown): value is RequestId {
  return typeof value === 'string' || typeof value === 'number';
}
