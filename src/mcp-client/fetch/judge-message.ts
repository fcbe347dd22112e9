/** Decides what a message on the stream of one request is to that request. */
import type { RequestId } from './answer-failure.js';

/**
 * `answer`: the answer; `broken-answer`: meant as the answer and of no legal form; `other`: a request or notification of
 * the server; `foreign`: an answer to something else, or no message at all.
 */
export type Judgement = 'answer' | 'broken-answer' | 'other' | 'foreign';

/**
 * Judges a parsed message. An answer belongs to the request whose stream it comes on: one with another id, or with the
 * same id in another type, is not passed on to whoever waits for that one.
 *
 * @see MCP 2025-11-25, "Sending Messages to the Server"; JSON-RPC 2.0 section 5
 */
export function judgeMessage(message: unknown, id: RequestId): Judgement {
  if (!isObject(message) || message['jsonrpc'] !== '2.0') return 'foreign';
  if (typeof message['method'] === 'string') return 'other';
  if (message['id'] !== id) return 'foreign';
  const hasResult = 'result' in message;
  if (hasResult === 'error' in message) return 'broken-answer';
  return (hasResult ? isObject(message['result']) : isError(message['error'])) ? 'answer' : 'broken-answer';
}

function isError(error: unknown): boolean {
  return isObject(error) && Number.isInteger(error['code']) && typeof error['message'] === 'string';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses JSON; undefined for what is none, which no JSON text stands for. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A line of noise is no message, and the stream goes on.
    return undefined;
  }
}
