/** One tool of the MCP server: what a model is told about it, and the use case behind it. */
import type { ToolAnnotations } from '@modelcontextprotocol/server';
import type { CloudResourceToolName } from '../contracts/cloud-resource-tools.js';
import type { Logger } from '../logger.js';
import type { Caller } from '../platform/caller.js';
import type { Platform } from '../platform/platform.js';

/** What a tool may use while it runs. */
export interface ToolContext {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly caller: Caller;
  /** Aborts when the client cancels or goes away. */
  readonly signal: AbortSignal;
  /** Tells the client how far the call is; undefined when it did not ask. */
  readonly reportProgress: ((progress: number, total: number, message: string) => Promise<void>) | undefined;
  /** Where a resource's sealed fields can be fetched; undefined where there is no HTTP. */
  readonly credentialsUrl: ((resourceId: string) => string) | undefined;
  /** The key that the call carries, as it came; undefined when it carries none. */
  readonly idempotencyKey?: unknown;
}

/** A tool of the platform. */
export interface PlatformTool {
  readonly name: CloudResourceToolName;
  /** For people. */
  readonly title: string;
  /** For the model: what it does, what it needs, what to call before or after. */
  readonly description: string;
  readonly annotations: ToolAnnotations;
  /** Whether a call that comes again with its idempotency key gives what the first one gave; told in the list. */
  readonly honoursIdempotencyKey?: boolean;
  /** Calls the use case, which checks the arguments, authorizes and audits; the result becomes JSON. */
  readonly handle: (input: unknown, context: ToolContext) => Promise<unknown>;
}

/** Hints of a tool that only reads. */
export const reading: ToolAnnotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};

/** Hints of a tool that adds something and never changes or removes what is there. */
export const adding: ToolAnnotations = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: false,
  openWorldHint: false,
};

/** Checks a tool's form and returns it as it is. */
export function defineTool(tool: PlatformTool): PlatformTool {
  return tool;
}
