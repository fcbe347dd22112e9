/** Checks that a result has the form that its tool promised. */
import type { CallToolResult, Tool } from '@modelcontextprotocol/client';
import { OutcomeError } from '../outcomes.js';
import type { FailedCall } from './call-failure.js';
import type { SchemaValidators } from './schema-validators.js';

/**
 * Gives a result back when its structured content matches the tool’s output schema, when the tool has none, and when it
 * tells of an error.
 * The SDK’s own check answers with the error code of refused arguments, as if the call had not been made.
 *
 * @throws {@link OutcomeError} `contract`; for a write `unknown-result`, since it was made.
 * @see MCP 2025-11-25, "Output Schema"
 */
export function requireStructure(
  result: CallToolResult,
  tool: Tool | undefined,
  { validators, call }: { readonly validators: SchemaValidators; readonly call: FailedCall },
): CallToolResult {
  if (tool?.outputSchema === undefined || result.isError === true) return result;
  const validate = validators.getValidator(tool.outputSchema);
  if (validate(result.structuredContent).valid) return result;
  throw new OutcomeError({ outcome: call.isWrite ? 'unknown-result' : 'contract' });
}
