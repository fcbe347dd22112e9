/** One tool as a server offers it to one principal, ready to be called. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { DynamicStructuredTool } from '@langchain/core/tools';
import { loadMcpTools } from '@langchain/mcp-adapters';
import type {
  CallToolRequestOptions,
  CallToolResult,
  Client,
  Progress,
  Tool,
} from '@modelcontextprotocol/client';
import type { FailedOutcome } from '../outcomes.js';
import { OutcomeError } from '../outcomes.js';
import { isBrokenConnection, requireSuccess, toFailedCall, toOutcomeError } from './call-failure.js';
import type { Borrower, ClientPool } from './client-pool.js';
import { completeArguments } from './completed-arguments.js';
import { listTools } from './list-tools.js';
import type { SecretRedactor } from './secret-redactor.js';
import { requireStructure } from './structured-result.js';
import { requireNoTokens } from './token-free-arguments.js';

/** How one call is made. */
export interface LiveToolCall {
  /** Whether the call may change something, so that a lost answer leaves the result unknown. */
  readonly isWrite: boolean;
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

/** What a call that went well gave: content for the model, and the server’s other blocks. */
export interface LiveToolResult {
  readonly content: unknown;
  readonly artifact: unknown;
}

/** A tool of a server, bound to one principal. */
export interface LiveTool {
  readonly name: string;
  /** Key of the server in `mcp-servers.json`. */
  readonly server: string;
  readonly description: string;
  /** JSON Schema of the arguments, as the server gave it, with references resolved. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** @throws {@link OutcomeError} for every ending that is not `ok`; an abort passes through as it is. */
  call(args: Readonly<Record<string, unknown>>, call: LiveToolCall): Promise<LiveToolResult>;
}

/** From where a server’s tools are loaded, as whom, and for which conversation. */
export interface LiveToolSource extends Borrower {
  readonly pool: ClientPool;
}

/**
 * How the call that is running is made; the adapter hands nothing through. One for the process: Node carries every
 * storage that was ever used along with each promise, so that one for each load would slow all of them down.
 */
const calls = new AsyncLocalStorage<LiveToolCall>();

type AdapterClient = Parameters<typeof loadMcpTools>[1];

/**
 * Lists one server’s tools, a request a page, and binds each to the principal.
 * A tool whose schema cannot be read is dropped; the others load.
 *
 * @throws {@link OutcomeError} when the server cannot be listed.
 */
export async function loadLiveTools(source: LiveToolSource): Promise<readonly LiveTool[]> {
  const { pool, ...borrower } = source;
  const { server } = borrower;
  const listed = await pool
    .lend({
      ...borrower,
      isBroken: isBrokenConnection,
      isRead: true,
      use: (client, timeoutMs) => listTools({ client, server: server.name, timeoutMs }),
    })
    .catch((error: unknown) => {
      throw toOutcomeError(error, toFailedCall(server, false));
    });
  const usable = pool.keepUsable(server.name, listed);
  const definitions = new Map(usable.map((tool) => [tool.name, tool]));
  const callTool = (params: Omit<OutgoingCall, 'call' | 'definition'>): Promise<CallToolResult> =>
    sendCall(source, {
      ...params,
      definition: definitions.get(params.name),
      call: calls.getStore() ?? { isWrite: true },
    });
  // The adapter is typed for the 1.x client; it uses no more of it than these two functions.
  const facade = {
    listTools: () => Promise.resolve({ tools: usable }),
    callTool,
  } as unknown as AdapterClient;
  const tools = await loadMcpTools(server.name, facade, { throwOnLoadError: false }).catch(
    (error: unknown) => {
      throw toOutcomeError(error, toFailedCall(server, false));
    },
  );
  return tools.map((tool) => toLiveTool(tool, server.name));
}

function toLiveTool(tool: DynamicStructuredTool, server: string): LiveTool {
  return {
    name: tool.name,
    server,
    description: tool.description,
    // loadMcpTools builds every tool with a JSON Schema object.
    schema: tool.schema as Readonly<Record<string, unknown>>,
    async call(args, call) {
      try {
        // `func` and not `invoke`: a second tool run in the trace would carry the arguments once more.
        // Every tool of loadMcpTools answers with content and artifact.
        const result = (await calls.run(call, () => tool.func({ ...args }))) as [unknown, unknown];
        return { content: result[0], artifact: result[1] };
      } catch (error) {
        // The adapter turns an abort into text.
        call.signal?.throwIfAborted();
        throw error;
      }
    },
  };
}

interface OutgoingCall {
  readonly name: string;
  readonly arguments: Record<string, unknown>;
  /** The tool as it was listed, by which the result is checked. */
  readonly definition: Tool | undefined;
  readonly call: LiveToolCall;
}

async function sendCall(source: LiveToolSource, outgoing: OutgoingCall): Promise<CallToolResult> {
  const { pool, ...borrower } = source;
  const { server, credential } = borrower;
  const { call } = outgoing;
  const failed = toFailedCall(server, call.isWrite);
  requireNoTokens(outgoing.arguments, credential.token());
  const { args, redactor } = completeArguments(outgoing.arguments, call.complete);
  const request = (client: Client, timeout: number): Promise<CallToolResult> =>
    client.callTool(
      { name: outgoing.name, arguments: args },
      { ...toRequestOptions(outgoing, redactor), timeout },
    );
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
    const failure = toOutcomeError(error, failed);
    // Without its cause, where the server’s words stand as they came; the outcome is the same with other texts in it.
    if (call.complete !== undefined) throw new OutcomeError(redactor.value(failure.failure) as FailedOutcome);
    throw failure;
  }
}

function toRequestOptions(
  { call, definition }: OutgoingCall,
  redactor: Pick<SecretRedactor, 'value'>,
): CallToolRequestOptions {
  const { signal, onProgress } = call;
  return {
    // Without its output schema, which is checked where it is known whether the call was a write.
    ...(definition === undefined ? {} : { toolDefinition: { ...definition, outputSchema: undefined } }),
    ...(signal === undefined ? {} : { signal }),
    // The same notification with other texts in it.
    ...(onProgress && { onprogress: (progress) => onProgress(redactor.value(progress) as Progress) }),
  };
}
