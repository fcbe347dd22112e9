/** The settings without which a worker does not start. */
import type { Settings } from '../config/env.js';
import { ConfigError } from '../errors.js';

/** What every worker has. */
export interface WorkerSettings {
  readonly redisUrl: string;
  readonly tokenSealKey: string;
  /** Where the agents run: on an agent server, or here on checkpoints in PostgreSQL. */
  readonly agents: { readonly serverUrl: string } | { readonly databaseUrl: string };
}

/** Takes them out of the settings. @throws {@link ConfigError} naming the first that is missing. */
export function requireWorkerSettings(settings: Settings): WorkerSettings {
  const { redisUrl, tokenSealKey, databaseUrl, workerAgentUrl } = settings;
  if (redisUrl === undefined)
    throw new ConfigError('REDIS_URL', 'must be set for a worker; name the Redis that jobs come by.');
  if (tokenSealKey === undefined) {
    throw new ConfigError(
      'TOKEN_SEAL_KEY',
      'must be set for a worker; take the key of the backends, or make one with "openssl rand -base64 32".',
    );
  }
  if (workerAgentUrl !== undefined) return { redisUrl, tokenSealKey, agents: { serverUrl: workerAgentUrl } };
  if (databaseUrl === undefined) {
    throw new ConfigError(
      'DATABASE_URL',
      'must be set for a worker, which keeps its threads in PostgreSQL; or set AGENT_SERVER_URL, where agents run.',
    );
  }
  return { redisUrl, tokenSealKey, agents: { databaseUrl } };
}
