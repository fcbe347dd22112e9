/** Workers that may die at any moment, with all that they need around them: a platform for many people, a model, tokens. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../../src/logger.js';
import { createTokenVerifier } from '../../../src/auth/token-verifier.js';
import { startPlatformServer } from '../../../src/mcp-server/http.js';
import type { Platform } from '../../../src/platform/platform.js';
import { createTokenIssuer } from '../../../src/testing/token-issuer.js';
import { openTestPlatform, policiesFolder } from '../../support/test-platform.js';
import type { ModelScript } from '../../support/openai-compatible-server.js';
import { startOpenAiCompatibleServer } from '../../support/openai-compatible-server.js';
import type { Child } from '../../support/child.js';
import { startChild } from '../../support/child.js';

/** Somebody who asks for things. */
export interface FleetPerson {
  readonly subject: string;
  readonly org: string;
}

/** What a test decides over a fleet. */
export interface FleetOptions {
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly sealKey: string;
  readonly people: readonly FleetPerson[];
  readonly workers: number;
  /** The model of all agents. */
  readonly model: ModelScript;
  /** Stands before the platform’s own use cases. */
  readonly guard: (platform: Platform) => Platform;
  readonly settings?: Readonly<Record<string, string>>;
}

/** A running fleet. */
export interface Fleet {
  /** Makes a token of ten minutes; every one is remembered. */
  token(person: FleetPerson): string;
  readonly tokens: ReadonlySet<string>;
  /** Kills the worker of this name, which a new one takes the place of; false when it is no worker of now. */
  kill(worker: string): boolean;
  /** The names of the workers of now. */
  workers(): readonly string[];
  kills(): number;
  /** The names of all resources that were made, each as often as it was. */
  resources(): Promise<readonly string[]>;
  /** What all workers wrote. */
  output(): string;
  close(): Promise<void>;
}

/** Starts a fleet. */
export async function startChaosFleet(options: FleetOptions): Promise<Fleet> {
  const { people, guard, model } = options;
  const folder = mkdtempSync(join(tmpdir(), 'graph-fleet-chaos-'));
  const issuer = createTokenIssuer([]);
  const policies = writePolicies(folder, people);
  const test = await openTestPlatform({ policies });
  const server = await startPlatformServer({
    platform: guard(test.platform),
    logger: silentLogger,
    host: '127.0.0.1',
    port: 0,
    allowedHosts: ['127.0.0.1'],
    allowedOrigins: [],
    rateLimit: { perSecond: 10_000, burst: 10_000 },
    accessFor: (port) => {
      const trusted = { issuer: issuer.issuer, audience: `http://127.0.0.1:${String(port)}/mcp` };
      return { ...trusted, verifier: createTokenVerifier({ ...trusted, keys: issuer.keys }) };
    },
  });
  const models = await startOpenAiCompatibleServer(model);
  writeFileSync(join(folder, 'jwks.json'), JSON.stringify(issuer.jwks));
  const settings = {
    REDIS_URL: options.redisUrl,
    DATABASE_URL: options.databaseUrl,
    TOKEN_SEAL_KEY: options.sealKey,
    DATA_DIR: join(folder, 'data'),
    AUTH_JWKS_FILE: join(folder, 'jwks.json'),
    AUTH_ISSUER: issuer.issuer,
    PLATFORM_MCP_URL: server.url,
    MODEL: 'openai:test',
    OPENAI_BASE_URL: models.baseUrl,
    ...options.settings,
  };
  const crew = createCrew(settings);
  await Promise.all(Array.from({ length: options.workers }, () => crew.hire()));
  const tokens = new Set<string>();
  return {
    ...crew,
    tokens,
    token({ subject, org }) {
      const token = issuer.token(subject, { org, aud: ['graph-fleet', server.url] });
      tokens.add(token);
      return token;
    },
    async resources() {
      const rows = await test.database.db
        .withTables<{ resources: { name: string } }>()
        .selectFrom('resources')
        .select('name')
        .execute();
      return rows.map(({ name }) => name);
    },
    async close() {
      await crew.close();
      await models.close();
      await server.close();
      await test.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The workers of now; whoever dies is replaced at once. */
function createCrew(settings: Readonly<Record<string, string>>) {
  const crew = new Map<string, Child>();
  const everybody: Child[] = [];
  const hiring = new Set<Promise<void>>();
  let killed = 0;

  const hire = async (): Promise<void> => {
    const child = startChild('worker/main.ts', [], settings);
    everybody.push(child);
    const [, name = ''] = await child.said(/"worker\.started".*?"worker":"([^"]+)"/);
    crew.set(name, child);
  };
  const replace = (): void => {
    const hired = hire().finally(() => hiring.delete(hired));
    hiring.add(hired);
  };
  return {
    hire,
    workers: () => [...crew.keys()],
    kills: () => killed,
    kill(worker: string) {
      const child = crew.get(worker);
      if (child === undefined) return false;
      crew.delete(worker);
      child.process.kill('SIGKILL');
      killed += 1;
      replace();
      return true;
    },
    output: () => everybody.map(({ output }) => output.stdout + output.stderr).join('\n'),
    async close() {
      await Promise.all(hiring);
      for (const child of crew.values()) child.process.kill('SIGTERM');
      await Promise.all([...crew.values()].map((child) => child.ended()));
    },
  };
}

/** The policies as they are shipped, with a directory of these people, who may all create in `dev`. */
function writePolicies(folder: string, people: readonly FleetPerson[]): string {
  const made = join(folder, 'policies');
  mkdirSync(made);
  cpSync(policiesFolder, made, { recursive: true });
  const environments = [{ slug: 'dev', name: 'Development', description: 'For trying things.' }];
  const organizations = [...new Set(people.map(({ org }) => org))].map((slug) => ({
    id: `org_${slug.replaceAll('-', '_')}`,
    slug,
    name: slug,
    environments,
    members: people.filter(({ org }) => org === slug).map(({ subject }) => ({ subject, role: 'developer' })),
  }));
  writeFileSync(join(made, 'directory.json'), JSON.stringify({ organizations }));
  return `${made}/`;
}
