/**
 * Wires what the two files that `langgraph.json` names for this server share: `auth.ts` and `app.ts`.
 * The LangGraph server imports each by its path, so this module is where they meet.
 */
import { join } from 'node:path';
import { processConnections } from '../agents/process-connections.js';
import { loadDevelopmentKeys } from '../auth/development-keys.js';
import { isDevelopmentPrincipalName, mintDevelopmentToken } from '../auth/development-principals.js';
import type { BearerToken } from '../auth/bearer-token.js';
import { toBearerToken } from '../auth/bearer-token.js';
import { selectVerificationKeys } from '../auth/select-verification-keys.js';
import { createTokenVerifier } from '../auth/token-verifier.js';
import { loadEnvFile, readSettings } from '../config/env.js';
import { requireDataFolder } from '../database/data-folder.js';
import { createLogger } from '../logger.js';
import { redactOutput } from '../redacted-output.js';
import { createMcpMetrics } from '../telemetry/mcp-metrics.js';
import { createProcessMetrics } from '../telemetry/process-metrics.js';
import { openCheckpointer, pinCheckpointer } from './open-checkpointer.js';
import { makePatient } from './patient-checkpointer.js';
import { createRunTokens } from './run-tokens.js';
import { createRunsInFlight } from './runs-in-flight.js';
import { importGraphs, readLanggraphConfig } from './served-graphs.js';
import { forgetTemporaryRuns } from './temporary-runs.js';

// LangGraph’s log of requests prints whole addresses, and DEBUG makes libraries print much more.
for (const stream of [process.stdout, process.stderr]) redactOutput(stream);
loadEnvFile();
const settings = readSettings();
const { authIssuer: issuer, authAudience: audience, dataDir, studioUser } = settings;
requireDataFolder(dataDir);
const keys = await selectVerificationKeys({
  jwksUrl: settings.authJwksUrl,
  jwksFile: settings.authJwksFile,
  dataDir,
});
const logger = createLogger({ level: settings.logLevel, format: settings.logFormat });
const opened = await openCheckpointer({ url: settings.databaseUrl, file: join(dataDir, 'agent.db') });
// A file that fails does not come back by itself.
makePatient(opened.checkpointer, { logger, patienceMs: settings.databaseUrl === undefined ? 0 : undefined });
const graphs = await importGraphs(readLanggraphConfig().graphs);
const runsInFlight = createRunsInFlight();
for (const graph of graphs.values()) {
  pinCheckpointer(graph, opened.checkpointer);
  forgetTemporaryRuns(graph, opened.checkpointer);
  runsInFlight.count(graph);
}

const connections = processConnections.get();
const mcpMetrics = createMcpMetrics(connections);
processConnections.observe(mcpMetrics.observe);

/** The parts of this process’s agent server. */
export const parts = {
  settings,
  graphs,
  logger,
  verifier: createTokenVerifier({ issuer, audience, keys }),
  runTokens: createRunTokens(),
  runsInFlight,
  checkpointer: opened.checkpointer,
  connections,
  metrics: [mcpMetrics, createProcessMetrics()],
  studioToken: studioUser === undefined ? undefined : () => mintStudioToken(studioUser),
  /** Gives the database back; the last thing the process does. */
  close: async (): Promise<void> => {
    await connections.close();
    await opened.close();
  },
};

/** A short token for the development user that Studio acts as, as if that user had signed in just now. */
async function mintStudioToken(name: string): Promise<BearerToken> {
  if (!isDevelopmentPrincipalName(name))
    throw new TypeError('STUDIO_USER was checked when the settings were read.');
  const development = await loadDevelopmentKeys(dataDir);
  const audiences = [audience, settings.platformAudience];
  return toBearerToken(
    await mintDevelopmentToken(development, { name, issuer, audiences, ttlSeconds: 3600 }),
  );
}
