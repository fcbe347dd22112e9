/** `npm run demo`: the main job over real HTTP and MCP, told step by step; see `story.ts`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadDevelopmentKeys } from '../../auth/development-keys.js';
import { mintDevelopmentToken } from '../../auth/development-principals.js';
import { childEnvironment, loadEnvFile, readSettings } from '../../config/env.js';
import { openDatabase } from '../../database/open-database.js';
import { ConfigError, isFleetError } from '../../errors.js';
import { platformDatabaseFile } from '../../mcp-server/assemble-platform.js';
import { openAuditTrail } from '../../platform/audit-log.js';
import type { AuditFindings, AuditRecord } from './audit-lines.js';
import type { Narrator } from './demo-event.js';
import { createJsonNarrator } from './json-narrator.js';
import { createPerson } from './person.js';
import type { ServerProcess } from './server-process.js';
import { startServerProcess } from './server-process.js';
import { StepFailedError } from './step-failed-error.js';
import { playStory } from './story.js';
import { createTerminalNarrator } from './terminal-narrator.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** The longest a demo may take; a model that answers slowly needs some of it. */
const wholeMs = 600_000;
const narrowest = 40;
const widest = 110;

async function main(): Promise<number> {
  const narrator = createNarrator();
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopped.abort());
  // Nobody reads on, as after `| head`.
  process.stdout.on('error', () => stopped.abort());
  const folder = await mkdtemp(join(tmpdir(), 'graph-fleet-demo-'));
  let servers: ServerProcess | undefined;
  try {
    const env = demoEnvironment(folder);
    const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(wholeMs)]);
    servers = await startServerProcess({ entry: join(root, 'src/server/main.ts'), cwd: root, env, signal });
    await play({ narrator, servers, folder, env, signal });
    narrator.finish();
    return 0;
  } catch (error) {
    if (stopped.signal.aborted) return 130;
    narrator.tell({ event: 'failed', message: toSentence(error) });
    return 1;
  } finally {
    await servers?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Stage {
  readonly narrator: Narrator;
  readonly servers: ServerProcess;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

async function play({ narrator, servers, folder, env, signal }: Stage): Promise<void> {
  const { agentServer, platform } = servers;
  const { model, authIssuer: issuer, authAudience } = readSettings(env);
  const { tell } = narrator;
  tell({ event: 'started', model, agentServer, platform });
  const keys = await loadDevelopmentKeys(folder);
  const audiences = [authAudience, platform];
  await playStory({
    tell,
    readAudit: () => readAudit(folder),
    meet: async (name) => {
      const token = await mintDevelopmentToken(keys, { name, issuer, audiences, ttlSeconds: 3600 });
      return createPerson({ name, token, agentServer, tell, signal });
    },
  });
}

/** This environment for the model and the proxy settings; everything else as if nothing had been set. */
function demoEnvironment(folder: string): NodeJS.ProcessEnv {
  loadEnvFile(root);
  const model = childEnvironment()['MODEL']?.trim();
  const unset = [
    ...[
      'NODE_ENV',
      'DATABASE_URL',
      'REDIS_URL',
      'TOKEN_SEAL_KEY',
      'PLATFORM_MCP_URL',
      'AGENT_SERVER_URL',
      'HOST',
    ],
    ...[
      'AUTH_JWKS_URL',
      'AUTH_JWKS_FILE',
      'AUTH_ISSUER',
      'AUTH_AUDIENCE',
      'PLATFORM_AUDIENCE',
      'PLATFORM_TOKEN',
    ],
    ...['STUDIO_USER', 'ALLOWED_HOSTS', 'ALLOWED_ORIGINS'],
  ];
  return childEnvironment({
    ...Object.fromEntries(unset.map((name) => [name, ''])),
    MODEL: model === undefined || model === '' ? 'offline' : model,
    MCP_SERVERS_FILE: join(root, 'mcp-servers.json'),
    DATA_DIR: folder,
    PORT: '0',
    PLATFORM_PORT: '0',
    LOG_LEVEL: 'error',
    LOG_FORMAT: 'json',
  });
}

/** Reads beside the running platform: the database is opened for reading and takes no lock. */
async function readAudit(folder: string): Promise<AuditFindings> {
  const database = await openDatabase({ url: undefined, file: platformDatabaseFile(folder), access: 'read' });
  try {
    const trail = openAuditTrail(database);
    const records: AuditRecord[] = [];
    for await (const record of trail.read()) records.push(record);
    return { records, proof: await trail.verify() };
  } finally {
    await database.close();
  }
}

function createNarrator(): Narrator {
  const { stdout } = process;
  const write = (text: string): void => {
    stdout.write(text);
  };
  if (readsJson()) return createJsonNarrator(write);
  // Some terminals say 0.
  const width = stdout.isTTY && stdout.columns >= narrowest ? Math.min(stdout.columns, widest) : widest;
  return createTerminalNarrator({ write, width, hasColour: stdout.isTTY && stdout.hasColors() });
}

function readsJson(): boolean {
  try {
    return parseArgs({ options: { json: { type: 'boolean', default: false } } }).values.json;
  } catch (cause) {
    throw new ConfigError('demo', 'takes "--json" and nothing else.', { cause });
  }
}

function toSentence(error: unknown): string {
  if (isFleetError(error) || error instanceof StepFailedError) return error.message;
  return `The demo met an error it does not know: ${error instanceof Error ? error.message : String(error)}`;
}

main().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    process.stderr.write(`${toSentence(error)}\n`);
    process.exitCode = 1;
  },
);
