/** The real platform over HTTP on a free port, and the RDS agent beside it in this process. */
import { rmSync } from 'node:fs';
import { MemorySaver } from '@langchain/langgraph';
import type { BaseCheckpointSaver } from '@langchain/langgraph';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { createAwsRdsInstanceCreator } from '../../src/agents/aws-rds-instance-creator/agent.js';
import type { DevelopmentPrincipalName } from '../../src/auth/development-principals.js';
import { mintDevelopmentToken } from '../../src/auth/development-principals.js';
import { loadDevelopmentKeys } from '../../src/auth/development-keys.js';
import { createTokenVerifier } from '../../src/auth/token-verifier.js';
import { readSettings } from '../../src/config/env.js';
import { silentLogger } from '../../src/logger.js';
import { assemblePlatform } from '../../src/mcp-server/assemble-platform.js';
import { makeFolder } from './test-platform.js';

/** A running platform with tokens for its development principals. */
export interface RdsPlatform {
  /** The MCP endpoint. */
  readonly url: string;
  /** The issuer and the public keys of the tokens. */
  readonly issuer: string;
  readonly dataDir: string;
  token(name: DevelopmentPrincipalName): Promise<string>;
  /** The RDS agent’s graph, connected to this platform. */
  createGraph(
    model: BaseChatModel,
    checkpointer?: BaseCheckpointSaver,
  ): ReturnType<typeof createAwsRdsInstanceCreator>['graph'];
  close(): Promise<void>;
}

const audience = 'graph-fleet';

/** Starts the platform with a data folder of its own. */
export async function startRdsPlatform(): Promise<RdsPlatform> {
  const dataDir = makeFolder();
  const settings = readSettings({ DATA_DIR: dataDir, PORT: '0', PLATFORM_PORT: '0' });
  const assembled = await assemblePlatform(settings, silentLogger);
  const { url } = await assembled.start();
  const { keys, sign } = await loadDevelopmentKeys(dataDir);
  const issuer = settings.authIssuer;
  const verifier = createTokenVerifier({ issuer, audience, keys });
  return {
    url,
    issuer,
    dataDir,
    token: (name) =>
      mintDevelopmentToken({ keys, sign }, { name, issuer, audiences: [audience, url], ttlSeconds: 600 }),
    createGraph: (model, checkpointer = new MemorySaver()) =>
      createAwsRdsInstanceCreator({
        model,
        checkpointer,
        mcpServers: { 'cloud-platform': { type: 'http', url, auth: { mode: 'forward' } } },
        tokens: () => Promise.resolve(verifier),
      }).graph,
    close: async () => {
      await assembled.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
