/** Sends one call of a tool as one person, and decides how it ended. */
import type {
  CallToolRequestParams,
  CallToolResult,
  Client,
  Progress,
  Tool,
} from '@modelcontextprotocol/client';
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/client';
import { idempotencyKeyName } from '../contracts/idempotency-key.js';
import type { FailedOutcome } from '../outcomes.js';
import { OutcomeError } from '../outcomes.js';
import {
  isBrokenConnection,
  requireSuccess,
  statusOf,
  toFailedCall,
  toOutcomeError,
} from './call-failure.js';
import type { Borrower, ClientPool } from './client-pool.js';
import { completeArguments } from './completed-arguments.js';
import { findCause } from './find-cause.js';
import type { McpObserver, ToolListEnd } from './mcp-observer.js';
import type { ToolRequestOptions } from './request-tool.js';
import { requestTool } from './request-tool.js';
import type { SecretRedactor } from './secret-redactor.js';
import { requireStructure } from './structured-result.js';
import { requireNoTokens } from './token-free-arguments.js';

/** How one call is made. */
export interface LiveToolCall {
  /** Whether the call may change something, so that a lost answer leaves the result unknown. */
  readonly isWrite: boolean;
  /** Sent in `_meta`: the same at every attempt of a write, so that a server which honours it makes it once. */
  readonly idempotencyKey?: string | undefined;
  /** Stops the call; the server is told. */
  readonly signal?: AbortSignal | undefined;
  /** Told of each progress notification of the server. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /**
   * Completes the arguments where the call leaves the process, below every trace and log:
   * what it adds, a generated password for one, is seen by nobody but the server. A text that it adds is taken out of
   * what the server answers, from 8 characters on.
   */
  readonly complete?: ((args: Readonly<Record<string, unknown>>) => Record<string, unknown>) | undefined;
}

/** To which server a call goes, as whom, and for which conversation. */
export interface LiveToolSource extends Borrower {
  readonly pool: ClientPool;
  /** Told when the failure of a call says that the person’s list of tools is not true any more. */
  readonly onListEnd?: ((reason: ToolListEnd) => void) | undefined;
  /** Told how calls begin and end. */
  readonly observer?: McpObserver | undefined;
}

/** What leaves. */
export interface OutgoingCall {
  readonly name: string;
  readonly arguments: Record<string, unknown>;
  /** The tool as it was listed, by which the result is checked. */
  readonly definition: Tool;
  /** The same, where arguments may be wanted as headers. */
  readonly mirrored: Tool | undefined;
  readonly call: LiveToolCall;
}

/** Sends a call. @throws {@link OutcomeError} for every ending that is not `ok`. */
export async function sendCall(source: LiveToolSource, outgoing: OutgoingCall): Promise<CallToolResult> {
  const { pool, onListEnd, observer: _observer, ...borrower } = source;
  const { server, credential } = borrower;
  const { call } = outgoing;
  const failed = toFailedCall(server, call.isWrite);
  requireNoTokens(outgoing.arguments, credential.token());
  const { args, redactor } = completeArguments(outgoing.arguments, call.complete);
  const progress = { isSent: false };
  const request = (client: Client, timeout: number): Promise<CallToolResult> => {
    progress.isSent = true;
    return requestTool(
      client,
      { name: outgoing.name, arguments: args, ...toMeta(call) },
      { ...toRequestOptions(call, redactor), timeout, mirrored: outgoing.mirrored },
    );
  };
  try {
    const result = await pool.lend({
      ...borrower,
      // A call that its caller stopped says nothing about the connection.
      isBroken: (error) => call.signal?.aborted !== true && isBrokenConnection(error),
      use: request,
      isRead: !call.isWrite,
      signal: call.signal,
    });
    const checked = requireStructure(result, outgoing.definition, {
      validators: pool.validators,
      call: failed,
    });
    // The same result with other texts in it.
    return requireSuccess(redactor.value(checked) as CallToolResult, failed);
  } catch (error) {
    const end = toListEnd(error);
    if (end !== undefined) onListEnd?.(end);
    // What failed before a client was there was not made, whatever the class of the call.
    const failure = toOutcomeError(error, progress.isSent ? failed : { ...failed, isWrite: false });
    // Without its cause, where the server’s words stand as they came; the outcome is the same with other texts in it.
    if (call.complete !== undefined) throw new OutcomeError(redactor.value(failure.failure) as FailedOutcome);
    throw failure;
  }
}

/** The errors of JSON-RPC that a server answers a tool with which it does not have, or has in another form. */
const unknownToolCodes = new Set<number>([ProtocolErrorCode.MethodNotFound, ProtocolErrorCode.InvalidParams]);

/** What a failure says of the list that the tool was taken from. @see MCP 2025-11-25, "Tools", "Error Handling" */
export function toListEnd(error: unknown): ToolListEnd | undefined {
  const status = statusOf(error);
  if (status === 401 || status === 403) return 'refused';
  const told = findCause(error, (cause) => cause instanceof ProtocolError);
  return told !== undefined && unknownToolCodes.has(told.code) ? 'tool-not-found' : undefined;
}

function toMeta({ idempotencyKey }: LiveToolCall): Pick<CallToolRequestParams, '_meta'> {
  return idempotencyKey === undefined ? {} : { _meta: { [idempotencyKeyName]: idempotencyKey } };
}

function toRequestOptions(
  { signal, onProgress }: LiveToolCall,
  redactor: Pick<SecretRedactor, 'value'>,
): ToolRequestOptions {
  return {
    ...(signal === undefined ? {} : { signal }),
    // The same notification with other texts in it.
    ...(onProgress && { onprogress: (progress) => onProgress(redactor.value(progress) as Progress) }),
  };
}
