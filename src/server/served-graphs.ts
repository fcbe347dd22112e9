/** What `langgraph.json` says, and the graphs it names. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { ConfigError } from '../errors.js';

const corsRules = z.object({
  allow_origins: z.array(z.string()).optional(),
  allow_origin_regex: z.string().optional(),
  expose_headers: z.array(z.string()).optional(),
  max_age: z.number().optional(),
});
const langgraphConfig = z.object({
  graphs: z.record(z.string(), z.string()),
  auth: z.object({ path: z.string(), disable_studio_auth: z.literal(true) }),
  http: z.object({ app: z.string(), cors: corsRules.optional() }),
});

/** The part of `langgraph.json` that this server follows, its paths absolute. */
export type LanggraphConfig = z.output<typeof langgraphConfig>;

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Reads `langgraph.json`. @throws {@link ConfigError} naming what is wrong in it. */
export function readLanggraphConfig(folder: string = root): LanggraphConfig {
  const parsed = langgraphConfig.safeParse(
    JSON.parse(readFileSync(resolve(folder, 'langgraph.json'), 'utf8')),
  );
  if (!parsed.success) throw new ConfigError('langgraph.json', z.prettifyError(parsed.error));
  const { graphs, auth, http } = parsed.data;
  const absolute = (path: string): string => resolve(folder, path);
  return {
    graphs: Object.fromEntries(Object.entries(graphs).map(([id, path]) => [id, absolute(path)])),
    auth: { ...auth, path: absolute(auth.path) },
    http: { ...http, app: absolute(http.app) },
  };
}

/**
 * Imports every graph, as the LangGraph server does: by the same path, so that both hold the same object.
 *
 * @returns the graphs by id.
 * @throws {@link ConfigError} when a path names no object.
 */
export async function importGraphs(
  paths: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, object>> {
  const graphs = new Map<string, object>();
  for (const [id, path] of Object.entries(paths)) {
    const [file = '', name = 'default'] = path.split(':');
    // A module namespace is an object of its exports.
    const exported = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
    const graph = exported[name];
    if (typeof graph !== 'object' || graph === null) {
      throw new ConfigError(
        'langgraph.json',
        `graphs.${id} names no compiled graph; export one as "${name}".`,
      );
    }
    graphs.set(id, graph);
  }
  return graphs;
}
