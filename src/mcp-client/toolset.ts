/** The live MCP tools of one principal, over all configured servers. */
import type { McpServerConfig } from '../config/mcp-servers.js';
import type { OutcomeError } from '../outcomes.js';
import { isOutcomeError } from '../outcomes.js';
import { createCatalogJoin } from './catalog-join.js';
import type { LiveTool } from './live-tool.js';
import { bindLiveTool } from './live-tool.js';
import type { Borrower } from './client-pool.js';
import type { McpConnections } from './mcp-connections.js';
import type { ToolListEnd } from './mcp-observer.js';
import type { Loading, PartRead, ToolsetPart } from './toolset-parts.js';
import { createPartReads } from './toolset-parts.js';
import type { CatalogTool, ToolCatalog } from './tool-catalog.js';

/** What one principal may call now. */
export interface Toolset {
  /** By tool name; where two servers offer one name, the server that stands first in the file has it. */
  readonly tools: ReadonlyMap<string, CatalogTool>;
  /** The tools whose name a server before theirs has: found by their server alone. */
  readonly shadowed: readonly CatalogTool[];
  /** Servers that could not be loaded and are not required, by name, each with its failure. */
  readonly unavailable: ReadonlyMap<string, OutcomeError>;
  /** Makes one of the tools callable as the principal. */
  bind(tool: CatalogTool): LiveTool;
}

/** Who calls, and for which conversation. */
export type ToolsetHolder = Omit<Borrower, 'server'>;

/** Gives toolsets. */
export interface Toolsets {
  /** Whether the lists of all servers are known and have not expired. */
  isLoaded(holder: ToolsetHolder): boolean;
  /**
   * What the model is shown. It waits for the lists that nobody knows, and as `loading` says for those that have
   * expired; never for a server that is known to be down, which is asked again beside it.
   *
   * @throws {@link OutcomeError} of the required server that failed first, without waiting for the others.
   */
  forModel(holder: ToolsetHolder): Promise<Toolset>;
  /**
   * Where a call finds its tool. An expired list will do: the server has the last word on the call itself. It waits for
   * the servers that may have the tool when those that are known do not.
   *
   * @throws {@link OutcomeError} of the first required server that failed.
   */
  forCall(holder: ToolsetHolder, need: ToolNeed): Promise<Toolset>;
}

/** What a call needs of a toolset. */
export interface ToolNeed {
  /** Key of the only server that can meet it; any may when left out. */
  readonly server?: string | undefined;
  /** Whether a toolset has what is needed. */
  readonly isMet: (toolset: Toolset) => boolean;
}

/** Creates the toolsets of all people over the same connections. */
export function createToolsets(connections: McpConnections, loading: Loading): Toolsets {
  const { servers, lists } = connections;
  const join = createCatalogJoin();
  const { forModel, forCall, anew } = createPartReads(connections, loading);

  const load = async (holder: ToolsetHolder, partOf: PartRead): Promise<Toolset> => {
    const asked = servers.map((server) => partOf({ ...holder, server }));
    const known = asked.filter(isKnown);
    const parts =
      known.length === asked.length ? known : await Promise.all(asked.map((part) => Promise.resolve(part)));
    const catalogs: ToolCatalog[] = [];
    const unavailable = new Map<string, OutcomeError>();
    for (const [index, part] of parts.entries()) {
      if (isOutcomeError(part)) unavailable.set(servers[index]?.name ?? '', part);
      else catalogs.push(part);
    }
    return { ...join(catalogs), unavailable, bind: (tool) => bindTool(connections, holder, tool) };
  };

  return {
    isLoaded: (holder) => servers.every((server) => lists.state({ ...holder, server }).kind === 'fresh'),
    forModel: (holder) => load(holder, forModel),
    async forCall(holder, need) {
      const known = await load(holder, forCall);
      if (known.unavailable.size === 0 || need.isMet(known)) return known;
      const isWanted = ({ name }: McpServerConfig): boolean =>
        need.server === undefined || need.server === name;
      return load(holder, (borrower) => (isWanted(borrower.server) ? anew(borrower) : forCall(borrower)));
    },
  };
}

function isKnown(part: ToolsetPart | Promise<ToolsetPart>): part is ToolsetPart {
  return !(part instanceof Promise);
}

function bindTool(connections: McpConnections, holder: ToolsetHolder, tool: CatalogTool): LiveTool {
  const { servers, pool, lists, observer } = connections;
  const server = servers.find(({ name }) => name === tool.server);
  if (server === undefined)
    throw new TypeError(`The tool ${tool.name} is of no server of these connections.`);
  const borrower = { ...holder, server };
  const onListEnd = (reason: ToolListEnd): void => {
    lists.end(borrower, reason);
  };
  return bindLiveTool(tool, { ...borrower, pool, observer, onListEnd });
}
