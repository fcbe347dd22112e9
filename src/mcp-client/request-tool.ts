/** The request that calls a tool, over the SDK’s client. */
import type {
  CallToolRequestOptions,
  CallToolRequestParams,
  CallToolResult,
  Client,
  StandardSchemaV1,
  Tool,
} from '@modelcontextprotocol/client';

/** The options of a call, without the tool. */
export type ToolRequestOptions = Omit<CallToolRequestOptions, 'toolDefinition'>;

/**
 * Calls a tool as `client.callTool` does, without its check of structured content, which is made where it is known
 * whether the call was a write.
 *
 * In the 2026 era the client has checked a result when it took it off the wire; `callTool` checks it once more, and
 * before each call tries its schema on nothing (SDK 2.4.0), which takes longer than the rest of it.
 *
 * @param mirrored the tool as it was listed, where it wants arguments repeated as headers; see `wantsMirroring`.
 */
export function requestTool(
  client: Client,
  params: CallToolRequestParams,
  { mirrored, ...options }: ToolRequestOptions & { readonly mirrored: Tool | undefined },
): Promise<CallToolResult> {
  if (mirrored === undefined && client.getProtocolEra() === 'modern')
    return client.request({ method: 'tools/call', params }, checkedResult, options);
  const toolDefinition = toUnchecked(mirrored ?? { name: params.name, inputSchema: { type: 'object' } });
  return client.callTool(params, { ...options, toolDefinition });
}

function toUnchecked({ name, inputSchema }: Tool): Tool {
  return { name, inputSchema };
}

/** Lets pass what the client has checked already. */
const checkedResult: StandardSchemaV1<CallToolResult> = {
  '~standard': {
    version: 1,
    vendor: 'graph-fleet',
    // The client gives it nothing but results of its own check.
    validate: (value) => ({ value: value as CallToolResult }),
  },
};
