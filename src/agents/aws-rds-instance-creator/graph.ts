/**
 * Wires the RDS agent from the settings. Importing it opens no connection, reads no token and needs no server:
 * servers and keys are looked up when the first run comes.
 */
import { MemorySaver } from '@langchain/langgraph';
import { selectVerificationKeys } from '../../auth/select-verification-keys.js';
import { createTokenVerifier } from '../../auth/token-verifier.js';
import { loadEnvFile, readSettings } from '../../config/env.js';
import { createLogger } from '../../logger.js';
import { loadModel } from '../load-model.js';
import { processConnections } from '../process-connections.js';
import { createAwsRdsInstanceCreator } from './agent.js';

loadEnvFile();
const { model, openaiApiKey, openaiBaseUrl, logLevel, logFormat } = readSettings();

const agent = createAwsRdsInstanceCreator({
  model: loadModel(model, { apiKey: openaiApiKey, baseUrl: openaiBaseUrl }),
  checkpointer: new MemorySaver(),
  logger: createLogger({ level: logLevel, format: logFormat }),
  mcpServers: processConnections.get,
  tokens: async () => {
    const { authIssuer: issuer, authAudience: audience, authJwksUrl, authJwksFile, dataDir } = readSettings();
    const keys = await selectVerificationKeys({ jwksUrl: authJwksUrl, jwksFile: authJwksFile, dataDir });
    return createTokenVerifier({ issuer, audience, keys });
  },
});

/** The compiled graph; whoever serves it replaces its checkpointer by assignment. */
export const graph = agent.graph;
