/** Finds a tool in a toolset: by its name, and by its server where two servers offer one name. */
import type { OutcomeError } from '../outcomes.js';
import type { LiveTool } from './live-tool.js';
import type { CatalogTool } from './tool-catalog.js';
import type { Toolset } from './toolset.js';

/** Which live tool is meant. */
export interface LiveToolName {
  readonly name: string;
  /** Key of its server; the first server in the file that offers the name when left out. */
  readonly server?: string | undefined;
}

/** Finds a tool in a toolset, ready to be called. */
export function findLiveTool(toolset: Toolset, wanted: LiveToolName): LiveTool | undefined {
  const tool = findTool(toolset, wanted);
  return tool && toolset.bind(tool);
}

/** Finds a tool in a toolset, as it is offered. */
export function findTool(
  { tools, shadowed }: Pick<Toolset, 'tools' | 'shadowed'>,
  { name, server }: LiveToolName,
): CatalogTool | undefined {
  const first = tools.get(name);
  if (server === undefined || first?.server === server) return first;
  return shadowed.find((tool) => tool.name === name && tool.server === server);
}

/** Why a tool may be missing that is not in a toolset: the failure of its server, or of any when it names none. */
export function findMissingServer(
  { unavailable }: Toolset,
  { server }: Pick<LiveToolName, 'server'>,
): OutcomeError | undefined {
  return server === undefined ? [...unavailable.values()][0] : unavailable.get(server);
}
