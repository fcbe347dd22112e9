/** Light tools that a precompiled graph holds: a name, a schema and a class; the live tool is found at the call. */
import type { StructuredToolInterface } from '@langchain/core/tools';
import { tool } from 'langchain';
import type { z } from 'zod';
import type { ArgumentIssue } from '../errors.js';
import { NotWiredError } from '../errors.js';
import type { Wrapper, WrapperDefinition } from './wrapper-definition.js';
import { toWrapperForms } from './wrapper-forms.js';

// This file is the door `graph-fleet/tools` of the package, and a `lookFirst` throws this error.
export { OutcomeError } from '../outcomes.js';

/** A tool made by {@link defineWrapperTool}. */
export interface WrapperTool extends StructuredToolInterface {
  /** What it was made from. */
  readonly wrapper: Wrapper;
}

/**
 * Makes a wrapper tool. It opens nothing and holds nobody’s credential, so a graph can be compiled with it at import.
 * It works in agents whose middleware holds `mcpToolsMiddleware` with this tool in its `tools`.
 *
 * @example
 * ```ts
 * const listOrganizations = defineWrapperTool({
 *   name: 'list_organizations',
 *   description: 'Lists the organizations the user belongs to.',
 *   schema: z.object({}),
 *   class: 'read',
 * });
 * ```
 */
export function defineWrapperTool<Schema extends z.ZodObject>(
  definition: WrapperDefinition<Schema>,
): WrapperTool {
  // Arguments pass the schema before any of its functions sees them, so the wider form holds.
  const defined = definition as WrapperDefinition;
  const wrapper: Wrapper = { ...defined, forms: toWrapperForms(defined) };
  const made = tool(failUnwired, {
    name: definition.name,
    description: definition.description,
    schema: definition.schema,
    responseFormat: 'content_and_artifact',
  });
  return Object.assign(made, { wrapper });
}

/** The middleware puts the function of one call in the place of this one, see `toWrapperInSlot`. */
function failUnwired(): Promise<never> {
  throw new NotWiredError(
    'A wrapper tool was called without mcpToolsMiddleware; add it to the agent’s middleware.',
  );
}

/** Tells whether a tool is a wrapper. */
export function isWrapperTool(candidate: unknown): candidate is WrapperTool {
  return typeof candidate === 'object' && candidate !== null && 'wrapper' in candidate;
}

/** Checks arguments against a wrapper’s schema and its own rules; empty when nothing is wrong. */
export function checkArguments(
  wrapper: WrapperDefinition,
  args: Readonly<Record<string, unknown>>,
): readonly ArgumentIssue[] {
  const parsed = wrapper.schema.safeParse(args);
  if (parsed.success) return wrapper.check?.(parsed.data) ?? [];
  return parsed.error.issues.map((issue) => ({
    path: issue.path.map(String).join('.'),
    message: issue.message,
  }));
}
