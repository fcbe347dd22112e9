/** The requests of one session, over all of its clients: each has an id of its own, and it is known which were answered. */
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { toOutcomeError } from './call-failure.js';
import { toAnswerFailure } from './fetch/answer-failure.js';

/** What is known of the requests of a session. */
export interface SessionRequests {
  /** Above every id that was used. */
  nextId: number;
  /** Those to which no answer of the server came. */
  readonly unanswered: Set<number>;
}

/**
 * Makes a transport the next one of a session: what it sends is counted on from where the one before it ended. Every
 * client of the SDK counts from 0, and the late answer to an earlier request would be taken for that to another.
 *
 * @returns what each message that comes in must pass through.
 * @see MCP 2025-11-25, "Requests": a request id is used once in a session
 */
export function continueRequests(
  transport: Transport,
  requests: SessionRequests,
): (message: JSONRPCMessage) => JSONRPCMessage {
  const firstId = requests.nextId;
  const send = transport.send.bind(transport);
  transport.send = async (message, options) => {
    const isOurs = 'method' in message;
    const sent = isOurs ? toSent(message, firstId) : message;
    const id = isOurs && 'id' in sent && typeof sent.id === 'number' ? sent.id : undefined;
    if (id === undefined) return send(sent, options);
    requests.nextId = Math.max(requests.nextId, id + 1);
    if (transport.sessionId !== undefined) requests.unanswered.add(id);
    try {
      await send(sent, options);
    } catch (error) {
      if (isRefusal(error)) requests.unanswered.delete(id);
      throw error;
    }
  };
  return (message) => {
    if ('method' in message && message.method !== 'notifications/progress') return message;
    if (isAnswer(message)) requests.unanswered.delete(message.id);
    return toReceived(message, -firstId);
  };
}

/** Whether it is known of a failed request that it was not carried out: what is asked for a write. */
function isRefusal(error: unknown): boolean {
  return toOutcomeError(error, { server: '', isWrite: true }).failure.outcome !== 'unknown-result';
}

/** Our own words for an answer that did not come are none. */
function isAnswer(message: JSONRPCMessage): message is JSONRPCMessage & { readonly id: number } {
  if ('method' in message || typeof message.id !== 'number') return false;
  return !('error' in message) || toAnswerFailure(message.error.code) === undefined;
}

/** What a client sends, with the ids of its session: of a request and its progress, or of the request that it cancels. */
function toSent(message: JSONRPCMessage, by: number): JSONRPCMessage {
  const sent = withOther(message, 'id', by);
  if (!('method' in sent) || sent.params === undefined) return sent;
  if (sent.method === 'notifications/cancelled')
    return { ...sent, params: withOther(sent.params, 'requestId', by) };
  const { _meta: meta } = sent.params;
  if (meta === undefined) return sent;
  return { ...sent, params: { ...sent.params, _meta: withOther(meta, 'progressToken', by) } };
}

/** An answer, or progress, with the client’s own ids. */
function toReceived(message: JSONRPCMessage, by: number): JSONRPCMessage {
  if (!('method' in message)) return withOther(message, 'id', by);
  if (message.params === undefined) return message;
  return { ...message, params: withOther(message.params, 'progressToken', by) };
}

/** Adds to a member, where it is a number. */
function withOther<Value extends object>(value: Value, name: string, by: number): Value {
  // Any member may be asked for.
  const known = (value as Readonly<Record<string, unknown>>)[name];
  return typeof known === 'number' ? { ...value, [name]: known + by } : value;
}
