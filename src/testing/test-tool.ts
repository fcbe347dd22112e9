/** A tool as a test writes it: an answer, who is offered it, and what it learns of its caller. */
import type { CallToolResult } from '@modelcontextprotocol/server';
import type { z } from 'zod';

/** One tool of the server. */
export interface TestTool {
  /** The tool’s name when left out. */
  readonly description?: string;
  /** Its arguments; none when left out. */
  readonly schema?: z.ZodObject;
  /** Who is offered it; everybody when left out. */
  readonly offeredTo?: readonly string[];
  /** Answers a call. */
  readonly run: (
    args: Record<string, unknown>,
    caller: TestCaller,
  ) => CallToolResult | Promise<CallToolResult>;
}

/** Who called a tool, and how to speak to them while it runs. */
export interface TestCaller {
  readonly subject: string;
  readonly signal: AbortSignal;
  /** Sends a progress notification; does nothing when the call carries no progress token. */
  progress(message: string, progress: number): Promise<void>;
}

/** Makes a result whose one block is this text, or this value as JSON. */
export function textResult(value: unknown): CallToolResult {
  return { content: [{ type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) }] };
}

/** Makes a failed result with a code of the server. */
export function errorResult(error: string, message: string): CallToolResult {
  return { ...textResult({ error, message }), isError: true };
}
