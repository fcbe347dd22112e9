/** The platform as an MCP server for one caller. */
import {
  McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type CallToolResult,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { cloudResourceTools } from '../contracts/cloud-resource-tools.js';
import { idempotencyKeyName } from '../contracts/idempotency-key.js';
import type { Logger } from '../logger.js';
import type { Caller } from '../platform/caller.js';
import type { Platform } from '../platform/platform.js';
import type { PlatformTool, ToolContext } from './define-tool.js';
import { toolCatalog } from './tool-catalog.js';
import { isInternal, toToolError, toToolResult } from './tool-result.js';

const serverInfo = { name: 'graph-fleet-platform', title: 'Cloud platform', version: '0.1.0' };
const instructions =
  'Records cloud resources for the signed-in person. Find the organization and environment first, read the schema of ' +
  'the kind, check that the name is free, then create. It records and tracks; it creates nothing at a cloud provider.';

/**
 * How long a client may use a list of tools, in milliseconds: so long may a tool stay in sight whose permission was
 * taken away. A call of it is refused at once.
 *
 * @see MCP 2026-07-28, "Caching"
 */
const toolListMs = 60_000;

/** What a server needs. */
export interface PlatformMcpServerOptions {
  readonly platform: Platform;
  readonly logger: Logger;
  /** Tells on whose behalf a request runs; asked for each one, and may refuse. */
  readonly identify: () => Promise<Caller>;
  /** Where a resource's sealed fields can be fetched, if anywhere. */
  readonly credentialsUrl?: ((resourceId: string) => string) | undefined;
}

/**
 * Creates a server for one HTTP request or one stdio connection. Lists only the tools that the caller may use, and
 * answers every failure of a call, arguments of the wrong form included, as a result with `isError`.
 *
 * The handlers are our own: those of `registerTool` answer wrong arguments with text that is not JSON, before the
 * call could be audited, and a hidden tool with a protocol error.
 */
export function createPlatformMcpServer(options: PlatformMcpServerOptions): McpServer {
  const mcp = new McpServer(serverInfo, {
    capabilities: { tools: {} },
    instructions,
    cacheHints: { 'tools/list': { ttlMs: toolListMs, cacheScope: 'private' } },
  });
  mcp.server.setRequestHandler('tools/list', async () => ({ tools: await listTools(options) }));
  mcp.server.setRequestHandler('tools/call', async ({ params }, context) => {
    const tool = toolCatalog.find(({ name }) => name === params.name);
    if (tool === undefined) return refuseUnknown(options, params);
    return callTool(options, tool, { input: params.arguments ?? {}, context });
  });
  return mcp;
}

interface ListedTool extends Pick<PlatformTool, 'name' | 'title' | 'description' | 'annotations'> {
  inputSchema: { type: 'object'; [member: string]: unknown };
  _meta?: Record<string, unknown>;
}

async function listTools({ platform, identify }: PlatformMcpServerOptions): Promise<ListedTool[]> {
  const caller = await identify();
  const offered = await platform.offeredTools(
    caller,
    toolCatalog.map(({ name }) => name),
  );
  return toolCatalog
    .filter(({ name }) => offered.includes(name))
    .map(({ name, title, description, annotations, honoursIdempotencyKey }) => {
      const inputSchema = {
        ...z.toJSONSchema(cloudResourceTools[name], { io: 'input' }),
        type: 'object' as const,
      };
      const _meta = honoursIdempotencyKey === true ? { [idempotencyKeyName]: true } : undefined;
      return { name, title, description, annotations, inputSchema, ...(_meta && { _meta }) };
    });
}

async function refuseUnknown(
  { platform, identify }: PlatformMcpServerOptions,
  { name, arguments: input }: { readonly name: string; readonly arguments?: unknown },
): Promise<never> {
  // It always refuses, and its refusal is in the trail then; the protocol has an error of its own for the client.
  await platform.refuseUnknownTool(await identify(), { name, arguments: input }).catch(() => undefined);
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'There is no such tool.');
}

interface Invocation {
  readonly input: unknown;
  readonly context: ServerContext;
}

async function callTool(
  { platform, logger, identify, credentialsUrl }: PlatformMcpServerOptions,
  tool: PlatformTool,
  { input, context }: Invocation,
): Promise<CallToolResult> {
  let requestId = String(context.mcpReq.id);
  try {
    const caller = await identify();
    requestId = caller.requestId;
    const { signal } = context.mcpReq;
    const reportProgress = toProgressReporter(context);
    const idempotencyKey = context.mcpReq._meta?.[idempotencyKeyName];
    const called = { platform, logger, caller, signal, reportProgress, credentialsUrl, idempotencyKey };
    return toToolResult(await tool.handle(input, called));
  } catch (error) {
    if (isInternal(error)) logger.error('platform.tool.failed', { tool: tool.name, requestId, error });
    return toToolError(error, requestId);
  }
}

/** Undefined unless the request carries a progress token. @see MCP specification, basic/utilities/progress */
function toProgressReporter({ mcpReq }: ServerContext): ToolContext['reportProgress'] {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return undefined;
  return (progress, total, message) =>
    mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total, message } });
}
