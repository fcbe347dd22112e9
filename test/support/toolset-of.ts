/** Toolsets without servers, for tests of what uses them. */
import type { Principal } from '../../src/auth/principal.js';
import type { LiveTool } from '../../src/mcp-client/live-tool.js';
import type { CatalogTool } from '../../src/mcp-client/tool-catalog.js';
import type { Toolset } from '../../src/mcp-client/toolset.js';
import { idempotencyKeyName } from '../../src/contracts/idempotency-key.js';
import type { OutcomeError } from '../../src/outcomes.js';
import type { Slot } from '../../src/runtime/slots.js';
import { callerFor } from './test-platform.js';

/** A tool that nobody may call, with what a test changes of it. */
export function toLiveTool(name: string, changes: Partial<LiveTool> = {}): LiveTool {
  const uncalled = () => Promise.reject(new Error(`${name} is not called`));
  return {
    name,
    server: 's',
    description: '',
    schema: {},
    call: uncalled,
    readResource: uncalled,
    ...changes,
  };
}

/** A toolset of these tools; the second of a name is shadowed. */
export function toToolset(
  live: readonly LiveTool[],
  unavailable: Readonly<Record<string, OutcomeError>> = {},
): Toolset {
  const bound = new Map(live.map((tool) => [toCatalogTool(tool), tool]));
  const tools = new Map<string, CatalogTool>();
  const shadowed: CatalogTool[] = [];
  for (const tool of bound.keys()) {
    if (tools.has(tool.name)) shadowed.push(tool);
    else tools.set(tool.name, tool);
  }
  const bind = (tool: CatalogTool): LiveTool => {
    const found = bound.get(tool);
    if (found === undefined) throw new Error(`${tool.name} is none of this toolset's tools`);
    return found;
  };
  return { tools, shadowed, unavailable: new Map(Object.entries(unavailable)), bind };
}

/** The same toolset, whose tools say that their server honours idempotency keys. */
export function toHonouring(toolset: Toolset): Toolset {
  for (const { definition } of [...toolset.tools.values(), ...toolset.shadowed])
    Object.assign(definition, { _meta: { [idempotencyKeyName]: true } });
  return toolset;
}

function toCatalogTool({ name, server, description, schema }: LiveTool): CatalogTool {
  return {
    name,
    server,
    description,
    schema,
    definition: { name, inputSchema: { type: 'object' } },
    mirrored: undefined,
    run: () => Promise.reject(new Error(`${name} is called as bound`)),
  };
}

/** A slot that always gives this toolset. */
export function toSlot(toolset: Toolset, principal: Principal = callerFor('alice').principal): Slot {
  return {
    principal: () => principal,
    isLoaded: () => true,
    toolset: () => Promise.resolve(toolset),
    toolsetFor: () => Promise.resolve(toolset),
  };
}
