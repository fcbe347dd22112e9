/** The idempotency key of a write: the same at every attempt of one tool call, whoever makes it. */
import { createHash } from 'node:crypto';

/** One tool call of one conversation. */
export interface KeyedCall {
  readonly threadId: string;
  readonly toolCallId: string;
}

/** Makes the key: a hash, so that neither thread nor person stands in it in clear. */
export function toIdempotencyKey({ threadId, toolCallId }: KeyedCall): string {
  const call = JSON.stringify([threadId, toolCallId]);
  return `v1.${createHash('sha256').update(call).digest('base64url')}`;
}
