/** The tools of servers as lists without a person in them, so that all people who are offered the same hold one. */
import { createHash } from 'node:crypto';
import type { DynamicStructuredTool } from '@langchain/core/tools';
import { loadMcpTools } from '@langchain/mcp-adapters';
import type { CallToolResult, Tool } from '@modelcontextprotocol/client';
import { createBoundedMap } from '../bounded-map.js';
import { wantsMirroring } from './mirrored-arguments.js';

/** What a call that went well gave: content for the model, and the server’s other blocks. */
export interface LiveToolResult {
  readonly content: unknown;
  readonly artifact: unknown;
}

/** Sends a call of a tool of this name to the server. */
export type SendCall = (name: string, args: Record<string, unknown>) => Promise<CallToolResult>;

/** A tool as a server offers it, to anybody. */
export interface CatalogTool {
  readonly name: string;
  /** Key of the server in `mcp-servers.json`. */
  readonly server: string;
  readonly description: string;
  /** JSON Schema of the arguments, as the server gave it, with references resolved. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** The tool as it was listed, by which results are checked. */
  readonly definition: Tool;
  /** The same, where arguments may be wanted as headers. */
  readonly mirrored: Tool | undefined;
  /** Calls it by `send` and converts what comes back. */
  run(args: Readonly<Record<string, unknown>>, send: SendCall): Promise<LiveToolResult>;
}

/** One server’s tools, by name, in the order they were listed. The same list is the same object. */
export interface ToolCatalog {
  /** Told apart by it: what stands in the list, and whose it is. */
  readonly id: string;
  readonly server: string;
  readonly tools: ReadonlyMap<string, CatalogTool>;
}

/** Makes catalogs of lists whose tools can all be used. */
export type ToolCatalogs = (server: string, tools: readonly Tool[]) => Promise<ToolCatalog>;

/** How many different tools and lists are held once; beyond it those read longest ago are made anew. */
const maxTools = 5000;
const maxCatalogs = 2000;

/** Creates the function that gives a list’s catalog. A tool that the adapter cannot read is left out. */
export function createToolCatalogs(): ToolCatalogs {
  const tools = createBoundedMap<CatalogTool>({ maxSize: maxTools });
  const catalogs = createBoundedMap<ToolCatalog>({ maxSize: maxCatalogs });

  return async (server, listed) => {
    const keys = listed.map((tool) => digest([server, tool]));
    const id = digest([server, keys]);
    const held = catalogs.get(id);
    if (held !== undefined) return held;
    const kept = new Map<string, CatalogTool>();
    // Held here until the list is made: what is read meanwhile may push them out of the map.
    const found = keys.map((toolKey) => tools.get(toolKey));
    const missing = listed.filter((_tool, index) => found[index] === undefined);
    const made = new Map((await adaptTools(server, missing)).map((tool) => [tool.name, tool]));
    for (const [index, { name }] of listed.entries()) {
      const toolKey = keys[index] ?? '';
      const tool = found[index] ?? made.get(name);
      if (tool === undefined) continue;
      tools.set(toolKey, tool);
      kept.set(name, tool);
    }
    const catalog = { id, server, tools: kept };
    catalogs.set(id, catalog);
    return catalog;
  };
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url');
}

/** By what a call is sent: the adapter hands nothing through but its arguments, as the object that they came in. */
type Sending = WeakMap<object, SendCall>;

type AdapterClient = Parameters<typeof loadMcpTools>[1];

async function adaptTools(server: string, listed: readonly Tool[]): Promise<readonly CatalogTool[]> {
  if (listed.length === 0) return [];
  const definitions = new Map(listed.map((tool) => [tool.name, tool]));
  const sending: Sending = new WeakMap();
  // The adapter is typed for the 1.x client; it uses no more of it than these two functions.
  const facade = {
    listTools: () => Promise.resolve({ tools: listed }),
    callTool: ({ name, arguments: args }: { name: string; arguments: Record<string, unknown> }) => {
      const send = sending.get(args);
      if (send === undefined) throw new TypeError('A tool of the catalog is called by its run alone.');
      return send(name, args);
    },
  } as unknown as AdapterClient;
  const adapted = await loadMcpTools(server, facade, { throwOnLoadError: false });
  return adapted.flatMap((tool) => {
    const definition = definitions.get(tool.name);
    return definition === undefined ? [] : [toCatalogTool(tool, { server, definition, sending })];
  });
}

interface AdaptedTool {
  readonly server: string;
  readonly definition: Tool;
  readonly sending: Sending;
}

/** The adapter looks for the state of a run before each call, for hooks that are not used here; without it, it makes an error. */
const withoutState = { configurable: { __pregel_scratchpad: { currentTaskInput: {} } } };

function toCatalogTool(
  tool: DynamicStructuredTool,
  { server, definition, sending }: AdaptedTool,
): CatalogTool {
  return {
    name: tool.name,
    server,
    description: tool.description,
    // loadMcpTools builds every tool with a JSON Schema object.
    schema: tool.schema as Readonly<Record<string, unknown>>,
    definition,
    mirrored: wantsMirroring(definition) ? definition : undefined,
    async run(args, send) {
      const sent = { ...args };
      sending.set(sent, send);
      // `func` and not `invoke`: a second tool run in the trace would carry the arguments once more.
      // Every tool of loadMcpTools answers with content and artifact.
      const result = (await tool.func(sent, undefined, withoutState)) as [unknown, unknown];
      return { content: result[0], artifact: result[1] };
    },
  };
}
