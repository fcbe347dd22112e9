/** The settings, read from the environment once, checked and frozen; the only reader of `process.env`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../errors.js';
import { findUrlFault, isLoopbackHost, parseSecureUrl } from '../secure-url.js';
import { toAgentUrl, toPlatformUrl } from './listening-ports.js';
import type { SettingSource } from './setting-values.js';
import { readChoice, readCount, readList, readPort, readText, readUrl } from './setting-values.js';

// The development principals; a test holds the two lists together, since this folder does not import src/auth.
const studioUsers = ['alice', 'bob', 'carol', 'dave'] as const;
const hostEntry = {
  isValid: (text: string) => /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(text),
  form: 'agents.example.com, 10.0.0.5:2024',
};
const originEntry = {
  isValid: (text: string) => URL.canParse(text) && new URL(text).origin === text,
  form: 'https://studio.example.com',
};
// Written as it is compared: a prefix that URL parsing would change is one that somebody misread.
const webhookEntry = {
  isValid: (text: string) =>
    findUrlFault(text) === undefined &&
    new URL(text).search === '' &&
    [text, `${text}/`].includes(new URL(text).href),
  form: 'https://hooks.example.com/agents',
};

/** Every setting. Some are secrets: never log or print the object. */
export interface Settings {
  /** NODE_ENV is `production`: development keys and principals are refused. */
  readonly isProduction: boolean;
  /** MODEL: `offline` or `openai:<name>`. */
  readonly model: string;
  /** OPENAI_API_KEY; a secret. */
  readonly openaiApiKey: string | undefined;
  /** OPENAI_BASE_URL: any OpenAI-compatible endpoint. */
  readonly openaiBaseUrl: string | undefined;
  /** MCP_SERVERS_FILE. */
  readonly mcpServersFile: string;
  /** PLATFORM_MCP_URL. */
  readonly platformMcpUrl: string;
  /** AUTH_JWKS_URL; never set together with the file. */
  readonly authJwksUrl: string | undefined;
  /** AUTH_JWKS_FILE. */
  readonly authJwksFile: string | undefined;
  /** DATA_DIR. */
  readonly dataDir: string;
  /** AUTH_ISSUER: claim `iss` of every token. */
  readonly authIssuer: string;
  /** AUTH_AUDIENCE: the agent server's audience. */
  readonly authAudience: string;
  /** PLATFORM_AUDIENCE: the platform's audience. */
  readonly platformAudience: string;
  /** STUDIO_USER: the development principal that Studio acts as. */
  readonly studioUser: string | undefined;
  /** PLATFORM_TOKEN: the operator's token for the platform over stdio; a secret. */
  readonly platformToken: string | undefined;
  /** ALLOWED_HOSTS: host names beside loopback, with or without a port. */
  readonly allowedHosts: readonly string[];
  /** ALLOWED_ORIGINS: origins beside those on loopback. */
  readonly allowedOrigins: readonly string[];
  /** ALLOWED_WEBHOOKS: URLs under which a run may name its webhook; empty for none. */
  readonly allowedWebhooks: readonly string[];
  /** HOST: the listen address. */
  readonly host: string;
  /** PORT of the agent server; 0 takes a free one. */
  readonly port: number;
  /** PLATFORM_PORT; 0 takes a free one. */
  readonly platformPort: number;
  /** AGENT_SERVER_URL. */
  readonly agentServerUrl: string;
  /** DATABASE_URL: PostgreSQL; SQLite files when unset; may hold a password. */
  readonly databaseUrl: string | undefined;
  /** REDIS_URL; may hold a password. */
  readonly redisUrl: string | undefined;
  /** TOKEN_SEAL_KEY: 32 bytes in base64; a secret. */
  readonly tokenSealKey: string | undefined;
  /** AGENT_SERVER_URL when it is set: where the worker’s agents run; in the worker itself when undefined. */
  readonly workerAgentUrl: string | undefined;
  /** WORKER_CONCURRENCY: jobs that one worker runs at the same time. */
  readonly workerConcurrency: number;
  /** WORKER_TRIES: attempts at a job that may break off before it is given up. */
  readonly workerTries: number;
  /** WORKER_LEASE_SECONDS: how long a worker may be silent before its jobs go to others. */
  readonly workerLeaseSeconds: number;
  /** WORKER_PORT: where the worker answers GET /healthz and /metrics; nowhere when undefined. */
  readonly workerPort: number | undefined;
  /** LOG_LEVEL. */
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** LOG_FORMAT; the logger decides by the terminal when unset. */
  readonly logFormat: 'json' | 'pretty' | undefined;
  /** The environment for `${NAME}` in mcp-servers.json, with PLATFORM_MCP_URL filled in. */
  readonly expansion: Readonly<Record<string, string>>;
}

/**
 * Reads the settings and checks them against each other.
 *
 * @throws {@link ConfigError} naming the setting, the bound and the next step.
 */
export function readSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const addresses = readAddresses(env);
  const { platformMcpUrl } = addresses;
  return Object.freeze({
    isProduction: isProduction(env),
    ...readModel(env),
    mcpServersFile: readText(env, 'MCP_SERVERS_FILE') ?? 'mcp-servers.json',
    dataDir: readText(env, 'DATA_DIR') ?? '.graph-fleet',
    ...addresses,
    ...readAuth(env, addresses),
    ...readStores(env),
    ...readWorker(env),
    logLevel: readChoice(env, 'LOG_LEVEL', ['debug', 'info', 'warn', 'error']) ?? 'info',
    logFormat: readChoice(env, 'LOG_FORMAT', ['json', 'pretty']),
    expansion: toExpansion(env, platformMcpUrl),
  });
}

/** Adds the `.env` file of a folder to the environment, if there is one; what is set already stays as it is. */
export function loadEnvFile(folder: string = process.cwd()): void {
  const file = join(folder, '.env');
  if (existsSync(file)) process.loadEnvFile(file);
}

function isProduction(env: SettingSource): boolean {
  return readText(env, 'NODE_ENV') === 'production';
}

function readModel(env: SettingSource): Pick<Settings, 'model' | 'openaiApiKey' | 'openaiBaseUrl'> {
  const openaiApiKey = readText(env, 'OPENAI_API_KEY');
  const openaiBaseUrl = readUrl(env, 'OPENAI_BASE_URL', ['https:', 'http:']);
  const hasEndpoint = openaiApiKey !== undefined || openaiBaseUrl !== undefined;
  const model = readText(env, 'MODEL') ?? (hasEndpoint ? 'openai:gpt-5-mini' : 'offline');
  if (!/^(?:offline|openai:\S+)$/.test(model)) {
    throw new ConfigError('MODEL', `must be "offline" or "openai:<name>"; got ${JSON.stringify(model)}.`);
  }
  if (model !== 'offline' && !hasEndpoint) {
    throw new ConfigError(
      'OPENAI_API_KEY',
      `MODEL is ${JSON.stringify(model)}: set the key, or OPENAI_BASE_URL.`,
    );
  }
  return { model, openaiApiKey, openaiBaseUrl };
}

type Addresses = Pick<
  Settings,
  | 'host'
  | 'port'
  | 'platformPort'
  | 'allowedHosts'
  | 'allowedOrigins'
  | 'allowedWebhooks'
  | 'platformMcpUrl'
  | 'agentServerUrl'
>;

function readAddresses(env: SettingSource): Addresses {
  const host = readText(env, 'HOST') ?? '127.0.0.1';
  const port = readPort(env, 'PORT', 2024);
  const platformPort = readPort(env, 'PLATFORM_PORT', 8090);
  if (port !== 0 && port === platformPort) {
    throw new ConfigError('PLATFORM_PORT', `must differ from PORT; both are ${String(port)}.`);
  }
  const allowedHosts = readList(env, 'ALLOWED_HOSTS', hostEntry);
  if (allowedHosts.length === 0 && !isLoopbackHost(host)) {
    throw new ConfigError(
      'ALLOWED_HOSTS',
      'must be set once HOST is not loopback; list the names that clients use.',
    );
  }
  return {
    host,
    port,
    platformPort,
    allowedHosts,
    allowedOrigins: readList(env, 'ALLOWED_ORIGINS', originEntry),
    allowedWebhooks: readList(env, 'ALLOWED_WEBHOOKS', webhookEntry),
    platformMcpUrl: readSecureUrl(env, 'PLATFORM_MCP_URL') ?? toPlatformUrl(platformPort, host),
    agentServerUrl: readSecureUrl(env, 'AGENT_SERVER_URL') ?? toAgentUrl(port, host),
  };
}

function readSecureUrl(env: SettingSource, name: string): string | undefined {
  const text = readText(env, name);
  if (text !== undefined) parseSecureUrl(name, text);
  return text;
}

type AuthSettings = Pick<
  Settings,
  | 'authJwksUrl'
  | 'authJwksFile'
  | 'authIssuer'
  | 'authAudience'
  | 'platformAudience'
  | 'studioUser'
  | 'platformToken'
>;

function readAuth(env: SettingSource, { host, platformMcpUrl }: Addresses): AuthSettings {
  return {
    ...readKeySource(env),
    authIssuer: readText(env, 'AUTH_ISSUER') ?? 'http://localhost/dev',
    authAudience: readText(env, 'AUTH_AUDIENCE') ?? 'graph-fleet',
    platformAudience: readText(env, 'PLATFORM_AUDIENCE') ?? platformMcpUrl,
    studioUser: readStudioUser(env, host),
    platformToken: readText(env, 'PLATFORM_TOKEN'),
  };
}

function readKeySource(env: SettingSource): Pick<Settings, 'authJwksUrl' | 'authJwksFile'> {
  const authJwksUrl = readSecureUrl(env, 'AUTH_JWKS_URL');
  const authJwksFile = readText(env, 'AUTH_JWKS_FILE');
  if (authJwksUrl !== undefined && authJwksFile !== undefined) {
    throw new ConfigError('AUTH_JWKS_FILE', 'cannot be set together with AUTH_JWKS_URL; unset one of them.');
  }
  if (authJwksUrl === undefined && authJwksFile === undefined && isProduction(env)) {
    throw new ConfigError(
      'AUTH_JWKS_URL',
      'must be set (or AUTH_JWKS_FILE) when NODE_ENV=production; name your keys.',
    );
  }
  return { authJwksUrl, authJwksFile };
}

function readStudioUser(env: SettingSource, host: string): string | undefined {
  const studioUser = readChoice(env, 'STUDIO_USER', studioUsers);
  if (studioUser === undefined) return undefined;
  if (isProduction(env))
    throw new ConfigError('STUDIO_USER', 'is refused when NODE_ENV=production; unset it.');
  if (!isLoopbackHost(host))
    throw new ConfigError('STUDIO_USER', 'is refused unless HOST is loopback; unset it.');
  return studioUser;
}

function readStores(env: SettingSource): Pick<Settings, 'databaseUrl' | 'redisUrl' | 'tokenSealKey'> {
  const databaseUrl = readUrl(env, 'DATABASE_URL', ['postgres:', 'postgresql:']);
  const redisUrl = readUrl(env, 'REDIS_URL', ['redis:', 'rediss:']);
  const tokenSealKey = readText(env, 'TOKEN_SEAL_KEY');
  if (redisUrl !== undefined && tokenSealKey === undefined) {
    throw new ConfigError(
      'TOKEN_SEAL_KEY',
      'must be set with REDIS_URL; make one with "openssl rand -base64 32".',
    );
  }
  if (tokenSealKey !== undefined && !isSealKey(tokenSealKey)) {
    throw new ConfigError(
      'TOKEN_SEAL_KEY',
      'must be 32 bytes in base64; make one with "openssl rand -base64 32".',
    );
  }
  return { databaseUrl, redisUrl, tokenSealKey };
}

type WorkerSettings = Pick<
  Settings,
  'workerAgentUrl' | 'workerConcurrency' | 'workerTries' | 'workerLeaseSeconds' | 'workerPort'
>;

function readWorker(env: SettingSource): WorkerSettings {
  return {
    workerAgentUrl: readSecureUrl(env, 'AGENT_SERVER_URL'),
    workerConcurrency: readCount(env, 'WORKER_CONCURRENCY', { least: 1, most: 1000, fallback: 10 }),
    workerTries: readCount(env, 'WORKER_TRIES', { least: 1, most: 100, fallback: 5 }),
    workerLeaseSeconds: readCount(env, 'WORKER_LEASE_SECONDS', { least: 2, most: 300, fallback: 15 }),
    workerPort: readText(env, 'WORKER_PORT') === undefined ? undefined : readPort(env, 'WORKER_PORT', 0),
  };
}

function isSealKey(text: string): boolean {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === 32 && bytes.toString('base64') === text;
}

function toExpansion(env: SettingSource, platformMcpUrl: string): Readonly<Record<string, string>> {
  const given = Object.entries(env).flatMap(([name, text]) =>
    text === undefined ? [] : [[name, text] as const],
  );
  return Object.freeze({ ...Object.fromEntries(given), PLATFORM_MCP_URL: platformMcpUrl });
}

/** Lets modules that are imported later, and child processes, read the address that the platform really has. */
export function publishSettings(settings: Pick<Settings, 'platformMcpUrl' | 'platformPort'>): void {
  process.env['PLATFORM_MCP_URL'] = settings.platformMcpUrl;
  process.env['PLATFORM_PORT'] = String(settings.platformPort);
}

/** The environment for a child process: this one’s with changes; an empty text unsets a setting, `.env` or not. */
export function childEnvironment(changes: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return { ...process.env, ...changes };
}
