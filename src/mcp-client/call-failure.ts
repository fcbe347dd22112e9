/** Decides how a call ended: from an error of the SDK, or from a result that says `isError`. */
import type { CallToolResult } from '@modelcontextprotocol/client';
import {
  InsufficientScopeError,
  ProtocolError,
  ProtocolErrorCode,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
} from '@modelcontextprotocol/client';
import type { McpServerConfig } from '../config/mcp-servers.js';
import type { ToolErrorBody, ToolErrorCode } from '../contracts/cloud-resource-tools.js';
import { toolErrorBody } from '../contracts/cloud-resource-tools.js';
import type { FailedOutcome } from '../outcomes.js';
import { OutcomeError, isOutcomeError } from '../outcomes.js';
import { redact } from '../redaction.js';
import type { AnswerFailure } from './fetch/answer-failure.js';
import { AnswerLostError, toAnswerFailure } from './fetch/answer-failure.js';
import { findCause } from './find-cause.js';
import { missingScopeMessage } from './missing-scope.js';

/** The most of a server's own words that is passed on, in characters. */
const maxDetailsLength = 600;
/** The most issues that are passed on from one result. */
const maxIssues = 20;

/** What was being done when a call failed. */
export interface FailedCall {
  /** Name of the server, for the sentence. */
  readonly server: string;
  /** Whether the call may have changed something, so that a lost answer leaves the result unknown. */
  readonly isWrite: boolean;
  /** Set where the server is not given the person’s token: then no sign-in of theirs can mend a 401. */
  readonly isImpersonal?: boolean | undefined;
}

/** Names a call to a server. */
export function toFailedCall({ name, auth }: McpServerConfig, isWrite: boolean): FailedCall {
  return { server: name, isWrite, isImpersonal: auth.mode === 'headers' || auth.mode === 'none' };
}

type OutcomeOfCode = Record<ToolErrorCode, FailedOutcome['outcome']>;

const outcomeOfCode: OutcomeOfCode = {
  INVALID_ARGUMENT: 'invalid-argument',
  INVALID_CLOUD_RESOURCE_KIND: 'invalid-argument',
  INVALID_SPEC_DATA: 'invalid-argument',
  UNAUTHENTICATED: 'unauthenticated',
  PERMISSION_DENIED: 'permission-denied',
  NOT_FOUND: 'not-found',
  ALREADY_EXISTS: 'conflict',
  UNAVAILABLE: 'unavailable',
  INTERNAL_ERROR: 'unavailable',
};

/** Turns whatever a call threw into its outcome; errors that carry one already are passed on. */
export function toOutcomeError(error: unknown, call: FailedCall): OutcomeError {
  // The SDK wraps what its `fetch` throws while it connects.
  const decided = findCause(error, isOutcomeError);
  if (decided !== undefined) return call.isWrite && mayHaveBeenMade(decided) ? toUnknown(decided) : decided;
  return new OutcomeError(
    { outcome: outcomeOfError(error, call), ...sentenceFor(error, call) },
    { cause: error },
  );
}

/** Tells a 503 with Retry-After, which a proxy sends too after the server has done the work. */
function mayHaveBeenMade({ failure, cause }: OutcomeError): boolean {
  return failure.outcome === 'unavailable' && findHttpError(cause)?.status === 503;
}

function toUnknown(cause: OutcomeError): OutcomeError {
  return new OutcomeError({ outcome: 'unknown-result' }, { cause });
}

function sentenceFor(error: unknown, call: FailedCall): Pick<FailedOutcome, 'message' | 'signIn'> {
  const outcome = outcomeOfError(error, call);
  if (findAnswerFailure(error) === 'too-large' && outcome === 'contract')
    return { message: tooLargeMessage(call.server) };
  if (outcome === 'unauthenticated') return { signIn: 'refused' };
  if (outcome === 'unavailable') return { message: unavailableMessage(call.server) };
  if (call.isImpersonal === true && findHttpError(error)?.status === 401) {
    return {
      message: `The server "${call.server}" refuses the credentials it is set up with; an administrator must look at mcpServers.${call.server}.auth.`,
    };
  }
  return { message: missingScopeMessage(call.server, findScopeError(error)?.requiredScope) };
}

function findHttpError(error: unknown): SdkHttpError | undefined {
  return findCause(error, (cause) => cause instanceof SdkHttpError);
}

function findScopeError(error: unknown): InsufficientScopeError | undefined {
  return findCause(error, (cause) => cause instanceof InsufficientScopeError);
}

/** The sentence for a server that did not take a request, with the wait that it asks for. */
export function unavailableMessage(server: string, retryAfterMs?: number): string {
  if (retryAfterMs !== undefined && retryAfterMs > 0) {
    const seconds = String(Math.ceil(retryAfterMs / 1000));
    return `The server "${server}" takes no request now; nothing was changed. Try again in ${seconds} seconds.`;
  }
  return `The server "${server}" cannot be reached now; nothing was changed. Try again in a moment.`;
}

function tooLargeMessage(server: string): string {
  return `The answer of the server "${server}" is larger than this agent reads; ask for less, or have an administrator raise mcpServers.${server}.maxAnswerBytes.`;
}

/** Gives why no answer came, where that is what the error says. */
export function findAnswerFailure(error: unknown): AnswerFailure | undefined {
  const lost = findCause(error, (cause) => cause instanceof AnswerLostError);
  if (lost !== undefined) return lost.failure;
  const told = findCause(error, (cause) => cause instanceof ProtocolError);
  return told === undefined ? undefined : toAnswerFailure(told.code);
}

function outcomeOfAnswerFailure(failure: AnswerFailure, call: FailedCall): FailedOutcome['outcome'] {
  const isOfServer = failure === 'too-large' || failure === 'malformed';
  return lostOr(isOfServer ? 'contract' : 'unavailable', call);
}

function outcomeOfError(error: unknown, call: FailedCall): FailedOutcome['outcome'] {
  const failure = findAnswerFailure(error);
  if (failure !== undefined) return outcomeOfAnswerFailure(failure, call);
  const http = findHttpError(error);
  if (http !== undefined) return outcomeOfStatus(http.status, call);
  if (findScopeError(error) !== undefined) return 'permission-denied';
  if (error instanceof ProtocolError) return outcomeOfProtocolError(error, call);
  // The call was made and its answer has another form.
  if (error instanceof SdkError && error.code === SdkErrorCode.InvalidResult) return lostOr('contract', call);
  return wasNeverSent(error) ? 'unavailable' : lostOr('unavailable', call);
}

/** What an ending means that does not say whether the work was done: for a write, that nobody knows. */
function lostOr(ofRead: FailedOutcome['outcome'], call: FailedCall): FailedOutcome['outcome'] {
  return call.isWrite ? 'unknown-result' : ofRead;
}

function outcomeOfStatus(status: number, call: FailedCall): FailedOutcome['outcome'] {
  if (status === 401) return call.isImpersonal === true ? 'contract' : 'unauthenticated';
  if (status === 403) return 'permission-denied';
  // Refused before the work began: RFC 9110 section 15.5.9, RFC 6585 section 4, RFC 8470 section 5.2.
  if (status === 408 || status === 425 || status === 429) return 'unavailable';
  if (status < 500) return 'contract';
  // Also 503: a proxy answers so when a server died over a request.
  return lostOr('unavailable', call);
}

/** The errors that JSON-RPC keeps for a request that was not carried out. Any number may come. @see JSON-RPC 2.0 section 5.1 */
const notCarriedOutCodes = new Set<number>([
  ProtocolErrorCode.ParseError,
  ProtocolErrorCode.InvalidRequest,
  ProtocolErrorCode.MethodNotFound,
  ProtocolErrorCode.InvalidParams,
]);

// Widened, because an error’s code may be any number and not only one of the enum’s.
const internalErrorCode: number = ProtocolErrorCode.InternalError;

function outcomeOfProtocolError(error: ProtocolError, call: FailedCall): FailedOutcome['outcome'] {
  if (notCarriedOutCodes.has(error.code)) return 'contract';
  return lostOr(error.code === internalErrorCode ? 'unavailable' : 'contract', call);
}

const neverSentCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

function wasNeverSent(error: unknown): boolean {
  const refused = findCause(
    error,
    (cause): cause is Error => 'code' in cause && neverSentCodes.has(String(cause.code)),
  );
  return refused !== undefined;
}

/**
 * Tells whether an error means that the connection itself must not be used again, nor what was learned about the
 * server: one that went back to an older era refuses the newer one’s requests with HTTP 400.
 */
export function isBrokenConnection(error: unknown): boolean {
  if (isOutcomeError(error)) return isBrokenConnection(error.cause);
  if (error === undefined) return false;
  if (error instanceof ProtocolError) return error.code === unsupportedVersionCode;
  // An answer like any other, for which the SDK has a class of its own.
  if (findScopeError(error) !== undefined) return false;
  const http = findHttpError(error);
  return http === undefined || isForAnotherEra(http) || http.status === 401 || http.status === 404;
}

/** Tells whether the server answered 404: with a session, that there is no such session any more. */
export function isLostSession(error: unknown): boolean {
  return findCause(error, (cause) => cause instanceof SdkHttpError)?.status === 404;
}

const unsupportedVersionCode: number = ProtocolErrorCode.UnsupportedProtocolVersion;

function isForAnotherEra(http: SdkHttpError): boolean {
  return http.status === 400 || http.code === SdkErrorCode.EraNegotiationFailed;
}

/** The HTTP status that an error tells, if it tells one. */
export function statusOf(error: unknown): number | undefined {
  return findCause(error, (cause) => cause instanceof SdkHttpError)?.status;
}

/**
 * Turns a result that says `isError` into its outcome; of a good result its content is kept and its `_meta` is not.
 *
 * @throws {@link OutcomeError} with the server's words as `details`, cut and with anything like a token taken out.
 */
export function requireSuccess(result: CallToolResult, call: FailedCall): CallToolResult {
  if (result.isError !== true) {
    const { _meta, ...kept } = result;
    return kept;
  }
  const text = result.content.map((block) => (block.type === 'text' ? block.text : '')).join('\n');
  const body = parseErrorBody(text);
  throw new OutcomeError({
    outcome: outcomeOfBody(body, call),
    details: toDetails(body === undefined ? text : [body.message, body.hint].filter(Boolean).join(' ')),
    issues: body?.issues?.slice(0, maxIssues).map(({ path, message }) => ({
      path: toDetails(path),
      message: toDetails(message),
    })),
  });
}

function outcomeOfBody(body: ToolErrorBody | undefined, call: FailedCall): FailedOutcome['outcome'] {
  // Words of no known meaning do not say that nothing was changed.
  if (body === undefined || !isKnownCode(body.error)) return lostOr('invalid-argument', call);
  const outcome = outcomeOfCode[body.error];
  return body.error === 'INTERNAL_ERROR' ? lostOr(outcome, call) : outcome;
}

function isKnownCode(code: string): code is ToolErrorCode {
  return Object.hasOwn(outcomeOfCode, code);
}

function parseErrorBody(text: string): ToolErrorBody | undefined {
  try {
    return toolErrorBody.safeParse(JSON.parse(text)).data;
  } catch {
    // Plain text is a legal error result too; the caller then has the text itself.
    return undefined;
  }
}

function toDetails(text: string): string {
  const safe = redact(text);
  return safe.length <= maxDetailsLength ? safe : `${safe.slice(0, maxDetailsLength)}…`;
}
