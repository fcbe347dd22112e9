/** One tool as a server offers it to one principal, ready to be called. */
import type { OutcomeName } from '../outcomes.js';
import { isOutcomeError } from '../outcomes.js';
import type { McpObserver } from './mcp-observer.js';
import { silentObserver } from './mcp-observer.js';
import type { ResourceRead } from './read-resource.js';
import { readResource } from './read-resource.js';
import type { LiveToolCall, LiveToolSource } from './send-call.js';
import { sendCall } from './send-call.js';
import type { CatalogTool, LiveToolResult } from './tool-catalog.js';

/** A tool of a server, bound to one principal. */
export interface LiveTool extends Pick<CatalogTool, 'name' | 'server' | 'description' | 'schema'> {
  /** @throws {@link OutcomeError} for every ending that is not `ok`; an abort passes through as it is. */
  call(args: Readonly<Record<string, unknown>>, call: LiveToolCall): Promise<LiveToolResult>;
  /**
   * Reads a resource of the tool’s server as the same principal; gives its text.
   *
   * @throws {@link OutcomeError}
   * @see MCP 2025-11-25, "Resources"
   */
  readResource(uri: string, read?: ResourceRead): Promise<string>;
}

/** Binds a tool to a principal and a conversation. */
export function bindLiveTool(tool: CatalogTool, source: LiveToolSource): LiveTool {
  const { observer = silentObserver, server } = source;
  const { name, description, schema, definition, mirrored } = tool;
  const reported = async <Result>(use: () => Promise<Result>, signal?: AbortSignal): Promise<Result> => {
    const report = beginReport(observer, server.name);
    try {
      const result = await use();
      report('ok');
      return result;
    } catch (error) {
      report(outcomeNameOf(error, signal));
      // The adapter turns an abort into text.
      signal?.throwIfAborted();
      throw error;
    }
  };
  return {
    name,
    server: server.name,
    description,
    schema,
    call: (args, call) =>
      reported(
        () =>
          tool.run(args, (called, sent) =>
            sendCall(source, { name: called, arguments: sent, definition, mirrored, call }),
          ),
        call.signal,
      ),
    readResource: (uri, read = {}) => reported(() => readResource(source, uri, read), read.signal),
  };
}

function outcomeNameOf(error: unknown, signal: AbortSignal | undefined): OutcomeName | 'aborted' {
  if (signal?.aborted === true) return 'aborted';
  return isOutcomeError(error) ? error.failure.outcome : 'contract';
}

type EndReport = (outcome: OutcomeName | 'aborted') => void;

function beginReport(observer: McpObserver, server: string): EndReport {
  const startedAt = performance.now();
  observer({ server, kind: 'call-began' });
  return (outcome) => {
    observer({ server, kind: 'call-ended', outcome, durationMs: performance.now() - startedAt });
  };
}
