/** The MCP server that offers a test’s tools to one person, with the faults that the test asked for. */
import type { CallToolResult, ServerContext, StandardSchemaWithJSON } from '@modelcontextprotocol/server';
import { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { CallHolds } from './call-holds.js';
import { holdSchema } from './held-schema.js';
import type { RequestSender } from './request-sender.js';
import { readSender } from './request-sender.js';
import type { TestTool } from './test-tool.js';
import { errorResult } from './test-tool.js';

/** One tool call as the tool received it. */
export interface RecordedCall extends Pick<RequestSender, 'subject' | 'tokenId' | 'sessionId'> {
  readonly tool: string;
  readonly args: Record<string, unknown>;
}

/** Where a server repeats the Authorization header that a request came with. */
export type EchoPlace = 'result' | 'error' | 'progress' | 'http-error';

/** What every server of one test shares. */
export interface ToolServerParts {
  readonly name: string;
  readonly tools: readonly OfferedTool[];
  readonly holds: CallHolds;
  readonly echo: () => readonly EchoPlace[];
  readonly record: (call: RecordedCall) => void;
}

/** A tool with what its server says of it. */
export interface OfferedTool {
  readonly name: string;
  readonly tool: TestTool;
  readonly inputSchema: StandardSchemaWithJSON;
}

/** Prepares tools for the servers that offer them. */
export function toOfferedTools(tools: Readonly<Record<string, TestTool>>): readonly OfferedTool[] {
  return Object.entries(tools).map(([name, tool]) => ({
    ...{ name, tool },
    inputSchema: holdSchema(tool.schema ?? z.object({})),
  }));
}

/** How long a list of tools may be used, in milliseconds: longer than any test, on whatever machine. */
const toolListMs = 3_600_000;

/** Creates a server with the tools that are offered to this person. */
export function createToolServer(parts: ToolServerParts, subject: string): McpServer {
  const server = new McpServer(
    { name: parts.name, version: '1.0.0' },
    { cacheHints: { 'tools/list': { ttlMs: toolListMs } } },
  );
  for (const { name, tool, inputSchema } of parts.tools) {
    if (tool.offeredTo !== undefined && !tool.offeredTo.includes(subject)) continue;
    const config = { description: tool.description ?? name, inputSchema };
    // A schema of z.object() gives an object.
    server.registerTool(name, config, (args, context) =>
      answerCall(parts, { name, tool, args: args as Record<string, unknown> }, context),
    );
  }
  return server;
}

interface ToolCall {
  readonly name: string;
  readonly tool: TestTool;
  readonly args: Record<string, unknown>;
}

async function answerCall(
  { record, holds, echo }: ToolServerParts,
  { name, tool, args }: ToolCall,
  { mcpReq, http }: ServerContext,
): Promise<CallToolResult> {
  // Of the request and not of the session: a token may be renewed while a session lives.
  const { subject, tokenId, sessionId, authorization } = readSender(http?.req?.headers);
  const progress = toProgress(mcpReq);
  const header = `Authorization: ${authorization ?? 'none'}`;
  record({ subject, tokenId, sessionId, tool: name, args });
  if (echo().includes('progress')) await progress(header, 0);
  await holds.pass(name, mcpReq.signal);
  if (echo().includes('error')) return errorResult('ECHO', `This request came with ${header}`);
  const result = await tool.run(args, { subject, signal: mcpReq.signal, progress });
  if (!echo().includes('result')) return result;
  return { ...result, content: [...result.content, { type: 'text', text: header }] };
}

function toProgress({ _meta, notify }: ServerContext['mcpReq']) {
  const progressToken = _meta?.progressToken;
  return async (message: string, progress: number): Promise<void> => {
    if (progressToken === undefined) return;
    await notify({ method: 'notifications/progress', params: { progressToken, progress, message } });
  };
}
