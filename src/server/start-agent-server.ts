/** Starts the LangGraph server with what `langgraph.json` names. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { startServer } from '@langchain/langgraph-api/server';
import { z } from 'zod';
import type { Settings } from '../config/env.js';
import { ConfigError } from '../errors.js';

/** A running agent server. */
export interface AgentServer {
  /** Its address, e.g. `http://127.0.0.1:2024`. */
  readonly url: string;
  /** Stops taking requests and writes what is only in memory. */
  close(): Promise<void>;
}

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

/** Runs that execute at the same time. */
const workers = 10;

/**
 * Starts the server at the settings’ host and port; its own records go to DATA_DIR.
 *
 * @param root the folder of `langgraph.json`.
 * @throws {@link ConfigError} naming PORT when it is taken.
 */
export async function startAgentServer(settings: Settings, root: string): Promise<AgentServer> {
  const { host, port, dataDir } = settings;
  const config = langgraphConfig.parse(JSON.parse(readFileSync(resolve(root, 'langgraph.json'), 'utf8')));
  const absolute = (path: string): string => resolve(root, path);
  const graphs = Object.fromEntries(Object.entries(config.graphs).map(([id, path]) => [id, absolute(path)]));
  const auth = { ...config.auth, path: absolute(config.auth.path) };
  const http = {
    ...config.http,
    app: absolute(config.http.app),
    disable_assistants: false,
    disable_threads: false,
    disable_runs: false,
    disable_store: false,
    disable_meta: false,
  };
  try {
    const started = await startServer({
      host,
      port,
      nWorkers: workers,
      cwd: resolve(dataDir),
      graphs,
      auth,
      http,
    });
    return { url: `http://${started.host}`, close: started.cleanup };
  } catch (error) {
    if (!isPortTaken(error)) throw error;
    const message = `${String(port)} is taken by another process; stop it, or set PORT to a free port.`;
    throw new ConfigError('PORT', message, { cause: error });
  }
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
