/** Joins the catalogs of several servers; the same catalogs give the same object, whoever asks. */
import { createBoundedMap } from '../bounded-map.js';
import type { CatalogTool, ToolCatalog } from './tool-catalog.js';

/** The tools of several servers. */
export interface JoinedCatalogs {
  /** By tool name; where two servers offer one name, the first has it. */
  readonly tools: ReadonlyMap<string, CatalogTool>;
  /** The tools whose name a server before theirs has. */
  readonly shadowed: readonly CatalogTool[];
}

/** How many different combinations are held; beyond it the one used longest ago is joined anew. */
const maxJoined = 2000;

/** Creates the function that joins catalogs, in the order of the servers in the file. */
export function createCatalogJoin(): (catalogs: readonly ToolCatalog[]) => JoinedCatalogs {
  const held = createBoundedMap<JoinedCatalogs>({ maxSize: maxJoined });
  return (catalogs) => {
    const key = catalogs.map(({ id }) => id).join();
    const known = held.get(key);
    if (known !== undefined) return known;
    const joined = join(catalogs);
    held.set(key, joined);
    return joined;
  };
}

function join(catalogs: readonly ToolCatalog[]): JoinedCatalogs {
  const tools = new Map<string, CatalogTool>();
  const shadowed: CatalogTool[] = [];
  for (const tool of catalogs.flatMap((catalog) => [...catalog.tools.values()])) {
    if (tools.has(tool.name)) shadowed.push(tool);
    else tools.set(tool.name, tool);
  }
  return { tools, shadowed };
}
