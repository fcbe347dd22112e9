/** The request that calls a tool, over the SDK’s client. */
import type {
  CallToolRequestOptions,
  CallToolRequestParams,
  CallToolResult,
  Client,
  Tool,
} from '@modelcontextprotocol/client';
import { specTypeSchemas } from '@modelcontextprotocol/client';

/** The options of a call, without the tool. */
export type ToolRequestOptions = Omit<CallToolRequestOptions, 'toolDefinition'>;

/**
 * Calls a tool as `client.callTool` does, without its check of structured content, which is made where it is known
 * whether the call was a write.
 *
 * `callTool` tries the schema of a result on nothing before each call (SDK 2.4.0), which takes longer than all else that it
 * does; `request` with a schema does not. In the 2026 era the client has checked by then what a result must hold, and the
 * schema takes out what no block may; in the 2025 era it is `callTool` that knows what a result may leave out.
 *
 * @param mirrored the tool as it was listed, where it wants arguments repeated as headers; see `wantsMirroring`.
 */
export function requestTool(
  client: Client,
  params: CallToolRequestParams,
  { mirrored, ...options }: ToolRequestOptions & { readonly mirrored: Tool | undefined },
): Promise<CallToolResult> {
  if (mirrored === undefined && client.getProtocolEra() === 'modern')
    return client.request({ method: 'tools/call', params }, specTypeSchemas.CallToolResult, options);
  const toolDefinition = toUnchecked(mirrored ?? { name: params.name, inputSchema: { type: 'object' } });
  return client.callTool(params, { ...options, toolDefinition });
}

function toUnchecked({ name, inputSchema }: Tool): Tool {
  return { name, inputSchema };
}
