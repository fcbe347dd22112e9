/** The ways in which the answer to a request can fail to come, and how each is told to the MCP client. */
import { FleetError } from '../../errors.js';

/**
 * Each way with the JSON-RPC error code it is told with. The codes lie outside of the range that JSON-RPC keeps.
 * @see JSON-RPC 2.0 section 5.1
 */
const codes = {
  /** The answer’s stream ended or broke before the answer. */
  lost: -41_001,
  /** Nothing came for longer than the server may be silent, or the time of the call was over. */
  silent: -41_002,
  /** More bytes came than are read. */
  'too-large': -41_003,
  /** What came is no message: another content type, no JSON, or not UTF-8. A proxy’s page is such an answer. */
  unreadable: -41_004,
  /** What came is a message and no legal answer to the request. */
  malformed: -41_005,
} as const;

/** Why no answer came. */
export type AnswerFailure = keyof typeof codes;

/** Carries an {@link AnswerFailure} to whoever waits for the answer. */
export class AnswerLostError extends FleetError {
  readonly code = 'ERR_ANSWER_LOST';
  override readonly retryable = true;
  readonly failure: AnswerFailure;

  constructor(failure: AnswerFailure, options?: ErrorOptions) {
    super(`No answer came: ${failure}.`, options);
    this.failure = failure;
  }
}

/** The id of a JSON-RPC request. */
export type RequestId = string | number;

/** Makes the JSON-RPC error that stands in for an answer that did not come. */
export function toErrorAnswer(id: RequestId, failure: AnswerFailure): object {
  const error = { code: codes[failure], message: `No answer came: ${failure}.` };
  return { jsonrpc: '2.0', id, error };
}

/** Gives the failure that a JSON-RPC error code of {@link toErrorAnswer} stands for; undefined for any other code. */
export function toAnswerFailure(code: number): AnswerFailure | undefined {
  for (const [failure, known] of Object.entries(codes)) {
    // The entries of the table above have its keys.
    if (known === code) return failure as AnswerFailure;
  }
  return undefined;
}
