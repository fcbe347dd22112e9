/** The two ways a tool call ends on the wire: JSON in one text block, or the same with `isError`. */
import type { CallToolResult } from '@modelcontextprotocol/server';
import type { ToolErrorBody, ToolErrorCode } from '../contracts/cloud-resource-tools.js';
import { findFleetError, type AnyFleetError, type InvalidArgumentError } from '../errors.js';

type ToolFailure = ToolErrorBody & { readonly error: ToolErrorCode };

/** A result that went well. */
export function toToolResult(value: unknown): CallToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(value) }] };
}

/**
 * A result that tells a failure by a stable code. An error that is not one of ours keeps its text to itself: the
 * request id leads the operator to it in the log.
 */
export function toToolError(error: unknown, requestId: string): CallToolResult {
  const known = findFleetError(error);
  const body = (known === undefined ? undefined : toFailure(known)) ?? internal(requestId);
  return { ...toToolResult(body), isError: true };
}

/** Whether an error is a fault of the platform, which an operator must see. */
export function isInternal(error: unknown): boolean {
  const known = findFleetError(error);
  return known === undefined || toFailure(known) === undefined;
}

function internal(requestId: string): ToolFailure {
  const message = `The platform failed; tell its operator the request id ${requestId}.`;
  return { error: 'INTERNAL_ERROR', message };
}

function toFailure(error: AnyFleetError): ToolFailure | undefined {
  const { message } = error;
  switch (error.code) {
    case 'ERR_INVALID_ARGUMENT':
      return toInvalid(error);
    case 'ERR_PERMISSION_DENIED':
    case 'ERR_INSUFFICIENT_SCOPE':
      return { error: 'PERMISSION_DENIED', message };
    case 'ERR_NOT_FOUND':
      return { error: 'NOT_FOUND', message, hint: hintFor(error.kind) };
    case 'ERR_CONFLICT':
      return { error: 'ALREADY_EXISTS', message, hint: 'search_cloud_resources finds the one that exists.' };
    case 'ERR_TOKEN_MISSING':
    case 'ERR_TOKEN_INVALID':
      return { error: 'UNAUTHENTICATED', message };
    case 'ERR_STORAGE_UNAVAILABLE':
    case 'ERR_KEYS_UNAVAILABLE':
      return { error: 'UNAVAILABLE', message };
    default:
      return undefined;
  }
}

function toInvalid({ issues, message }: InvalidArgumentError): ToolFailure {
  const [first] = issues;
  if (first?.path.startsWith('cloud_resource_kind') === true) {
    const hint = 'list_cloud_resource_kinds names every kind.';
    return { error: 'INVALID_CLOUD_RESOURCE_KIND', message, issues: [...issues], hint };
  }
  if (issues.every(({ path }) => path === 'spec' || path.startsWith('spec.'))) {
    const hint = 'get_cloud_resource_schema tells the fields and their bounds.';
    return { error: 'INVALID_SPEC_DATA', message, issues: [...issues], hint };
  }
  return { error: 'INVALID_ARGUMENT', message, issues: [...issues] };
}

function hintFor(kind: string): string {
  if (kind === 'organization') return 'list_organizations tells which there are.';
  if (kind === 'environment') return 'list_environments_for_org tells which there are.';
  return 'search_cloud_resources finds resources.';
}
