/** Starts the LangGraph server with what `langgraph.json` names. */
import { resolve } from 'node:path';
import { startServer } from '@langchain/langgraph-api/server';
import type { Ops } from '@langchain/langgraph-api/storage';
import type { Settings } from '../config/env.js';
import { toListenUrl } from '../config/listening-ports.js';
import { ConfigError } from '../errors.js';
import type { LanggraphConfig } from './served-graphs.js';
import { readLanggraphConfig } from './served-graphs.js';
import { agentSocketLimits, withSocketLimits } from './socket-limits.js';

/** A running agent server. */
export interface AgentServer {
  /** Its address, e.g. `http://127.0.0.1:2024`. */
  readonly url: string;
  /** Stops taking requests and writes what is only in memory. */
  close(): Promise<void>;
}

/** Runs that execute at the same time. */
const workers = 10;

/**
 * Starts the server at the settings’ host and port.
 *
 * @param ops where it keeps assistants, threads and runs; what it keeps beside them, the store, goes to DATA_DIR.
 * @throws {@link ConfigError} naming PORT when it is taken.
 */
export async function startAgentServer(settings: Settings, ops: Ops): Promise<AgentServer> {
  const { host, port, dataDir, allowedOrigins } = settings;
  const { graphs, auth, http } = readLanggraphConfig();
  const routes = { ...allRoutes, ...http, cors: withOrigins(http.cors, allowedOrigins) };
  try {
    const cwd = resolve(dataDir);
    const started = await withSocketLimits(agentSocketLimits, () =>
      startServer({ host, port, nWorkers: workers, cwd, graphs, auth, http: routes }, { ops }),
    );
    // It names its address without brackets, `::1:2024`; only the port is news, where 0 was asked for.
    const listening = Number(started.host.slice(started.host.lastIndexOf(':') + 1));
    return { url: toListenUrl(host, listening), close: started.cleanup };
  } catch (error) {
    if (!isPortTaken(error)) throw error;
    const message = `${String(port)} is taken by another process; stop it, or set PORT to a free port.`;
    throw new ConfigError('PORT', message, { cause: error });
  }
}

const allRoutes = {
  disable_assistants: false,
  disable_threads: false,
  disable_runs: false,
  disable_store: false,
  disable_meta: false,
};

type CorsRules = LanggraphConfig['http']['cors'];

/** Lets the operator’s origins read answers too, beside those of `langgraph.json`. */
function withOrigins(cors: CorsRules, origins: readonly string[]): CorsRules {
  if (cors?.allow_origin_regex === undefined || origins.length === 0) return cors;
  const listed = origins.map((origin) => origin.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('|');
  return { ...cors, allow_origin_regex: `${cors.allow_origin_regex}|^(${listed})$` };
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
