import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { developmentPrincipals } from '../../src/auth/development-principals.js';
import { childEnvironment, loadEnvFile, publishSettings, readSettings } from '../../src/config/env.js';

const sealKey = Buffer.alloc(32, 1).toString('base64');

describe('readSettings', () => {
  it('has a default for every setting', () => {
    expect(readSettings({})).toEqual({
      isProduction: false,
      model: 'offline',
      openaiApiKey: undefined,
      openaiBaseUrl: undefined,
      mcpServersFile: 'mcp-servers.json',
      platformMcpUrl: 'http://127.0.0.1:8090/mcp',
      authJwksUrl: undefined,
      authJwksFile: undefined,
      dataDir: '.graph-fleet',
      authIssuer: 'http://localhost/dev',
      authAudience: 'graph-fleet',
      platformAudience: 'http://127.0.0.1:8090/mcp',
      studioUser: undefined,
      platformToken: undefined,
      allowedHosts: [],
      allowedOrigins: [],
      allowedWebhooks: [],
      host: '127.0.0.1',
      port: 2024,
      platformPort: 8090,
      agentServerUrl: 'http://127.0.0.1:2024',
      databaseUrl: undefined,
      redisUrl: undefined,
      tokenSealKey: undefined,
      workerAgentUrl: undefined,
      workerConcurrency: 10,
      workerTries: 5,
      workerLeaseSeconds: 15,
      workerPort: undefined,
      logLevel: 'info',
      logFormat: undefined,
      expansion: { PLATFORM_MCP_URL: 'http://127.0.0.1:8090/mcp' },
    });
  });

  it('reads every setting', () => {
    const env = {
      NODE_ENV: 'production',
      MODEL: 'openai:gpt-5',
      OPENAI_API_KEY: 'key',
      OPENAI_BASE_URL: 'http://models.internal/v1',
      MCP_SERVERS_FILE: 'servers.json',
      PLATFORM_MCP_URL: 'https://platform/mcp',
      AUTH_JWKS_URL: 'https://issuer/jwks',
      DATA_DIR: '/data',
      AUTH_ISSUER: 'https://issuer',
      AUTH_AUDIENCE: 'agents',
      PLATFORM_AUDIENCE: 'platform',
      PLATFORM_TOKEN: 'jwt',
      ALLOWED_HOSTS: 'agents.example.com, 10.0.0.5:2024',
      ALLOWED_ORIGINS: 'https://studio.example.com',
      ALLOWED_WEBHOOKS: 'https://hooks.example.com/agents, http://127.0.0.1:9000',
      HOST: '0.0.0.0',
      PORT: '0',
      PLATFORM_PORT: '0',
      AGENT_SERVER_URL: 'https://agents',
      DATABASE_URL: 'postgres://u:p@db/x',
      REDIS_URL: 'rediss://cache',
      TOKEN_SEAL_KEY: sealKey,
      WORKER_CONCURRENCY: '1000',
      WORKER_TRIES: '1',
      WORKER_LEASE_SECONDS: '2',
      WORKER_PORT: '0',
      LOG_LEVEL: 'debug',
      LOG_FORMAT: 'json',
    };

    expect(readSettings(env)).toEqual({
      isProduction: true,
      model: 'openai:gpt-5',
      openaiApiKey: 'key',
      openaiBaseUrl: 'http://models.internal/v1',
      mcpServersFile: 'servers.json',
      platformMcpUrl: 'https://platform/mcp',
      authJwksUrl: 'https://issuer/jwks',
      authJwksFile: undefined,
      dataDir: '/data',
      authIssuer: 'https://issuer',
      authAudience: 'agents',
      platformAudience: 'platform',
      studioUser: undefined,
      platformToken: 'jwt',
      allowedHosts: ['agents.example.com', '10.0.0.5:2024'],
      allowedOrigins: ['https://studio.example.com'],
      allowedWebhooks: ['https://hooks.example.com/agents', 'http://127.0.0.1:9000'],
      host: '0.0.0.0',
      port: 0,
      platformPort: 0,
      agentServerUrl: 'https://agents',
      databaseUrl: 'postgres://u:p@db/x',
      redisUrl: 'rediss://cache',
      tokenSealKey: sealKey,
      workerAgentUrl: 'https://agents',
      workerConcurrency: 1000,
      workerTries: 1,
      workerLeaseSeconds: 2,
      workerPort: 0,
      logLevel: 'debug',
      logFormat: 'json',
      expansion: env,
    });
  });

  it('is frozen, and a copy of the environment', () => {
    const env = { FOO: 'a' };
    const settings = readSettings(env);
    env.FOO = 'b';

    expect(settings.expansion.FOO).toBe('a');
    expect(Object.isFrozen(settings) && Object.isFrozen(settings.expansion)).toBe(true);
  });

  it('takes a blank value for unset and white space around a value for none', () => {
    expect(readSettings({ MODEL: '', PORT: ' ', DATA_DIR: ' data ' })).toMatchObject({
      model: 'offline',
      port: 2024,
      dataDir: 'data',
    });
  });

  it.each([
    [{ OPENAI_API_KEY: 'key' }, 'openai:gpt-5-mini'],
    [{ OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' }, 'openai:gpt-5-mini'],
    [{ OPENAI_API_KEY: 'key', MODEL: 'offline' }, 'offline'],
    [{ OPENAI_API_KEY: '' }, 'offline'],
  ])('chooses the model for %j: %s', (env, model) => {
    expect(readSettings(env).model).toBe(model);
  });

  it('makes the platform’s address and audience and the agent server’s address from the ports', () => {
    expect(readSettings({ PORT: '3000', PLATFORM_PORT: '4000' })).toMatchObject({
      platformMcpUrl: 'http://127.0.0.1:4000/mcp',
      platformAudience: 'http://127.0.0.1:4000/mcp',
      agentServerUrl: 'http://127.0.0.1:3000',
      expansion: { PLATFORM_MCP_URL: 'http://127.0.0.1:4000/mcp' },
    });
  });

  it.each([
    ['127.0.0.2', '127.0.0.2'],
    ['::1', '[::1]'],
    ['localhost', 'localhost'],
    ['0.0.0.0', '127.0.0.1'],
    ['::', '127.0.0.1'],
  ])('makes the addresses for HOST=%s with the host %s', (HOST, host) => {
    expect(readSettings({ HOST, ALLOWED_HOSTS: 'agents.example.com' })).toMatchObject({
      platformMcpUrl: `http://${host}:8090/mcp`,
      platformAudience: `http://${host}:8090/mcp`,
      agentServerUrl: `http://${host}:2024`,
      expansion: { PLATFORM_MCP_URL: `http://${host}:8090/mcp` },
    });
  });

  const production = { NODE_ENV: 'production', AUTH_JWKS_FILE: 'jwks.json' };

  it.each([
    ['PORT', { PORT: '65536' }],
    ['PORT', { PORT: '-1' }],
    ['PORT', { PORT: '80a' }],
    ['PORT', { PORT: '1e3' }],
    ['PLATFORM_PORT', { PLATFORM_PORT: 'x' }],
    ['PLATFORM_PORT', { PORT: '8090' }],
    ['MODEL', { MODEL: 'gpt-5' }],
    ['MODEL', { MODEL: 'openai:' }],
    ['OPENAI_API_KEY', { MODEL: 'openai:gpt-5' }],
    ['OPENAI_BASE_URL', { OPENAI_BASE_URL: 'models' }],
    ['LOG_LEVEL', { LOG_LEVEL: 'trace' }],
    ['LOG_FORMAT', { LOG_FORMAT: 'xml' }],
    ['AUTH_JWKS_FILE', { AUTH_JWKS_FILE: 'a', AUTH_JWKS_URL: 'https://issuer/jwks' }],
    ['AUTH_JWKS_URL', { AUTH_JWKS_URL: 'http://issuer/jwks' }],
    ['AUTH_JWKS_URL', { NODE_ENV: 'production' }],
    ['STUDIO_USER', { STUDIO_USER: 'eve' }],
    ['STUDIO_USER', { ...production, STUDIO_USER: 'alice' }],
    ['STUDIO_USER', { STUDIO_USER: 'alice', HOST: '0.0.0.0', ALLOWED_HOSTS: 'a' }],
    ['ALLOWED_HOSTS', { HOST: '0.0.0.0' }],
    ['ALLOWED_HOSTS', { HOST: '::' }],
    ['ALLOWED_HOSTS', { ALLOWED_HOSTS: '*' }],
    ['ALLOWED_HOSTS', { ALLOWED_HOSTS: 'https://a' }],
    ['ALLOWED_ORIGINS', { ALLOWED_ORIGINS: '*' }],
    ['ALLOWED_ORIGINS', { ALLOWED_ORIGINS: 'https://a/' }],
    ['ALLOWED_ORIGINS', { ALLOWED_ORIGINS: 'null' }],
    ['ALLOWED_WEBHOOKS', { ALLOWED_WEBHOOKS: '*' }],
    ['ALLOWED_WEBHOOKS', { ALLOWED_WEBHOOKS: '/hooks' }],
    ['ALLOWED_WEBHOOKS', { ALLOWED_WEBHOOKS: 'http://hooks.example.com' }],
    ['ALLOWED_WEBHOOKS', { ALLOWED_WEBHOOKS: 'https://hooks.example.com/a/../b' }],
    ['ALLOWED_WEBHOOKS', { ALLOWED_WEBHOOKS: 'https://hooks.example.com/a?b=c' }],
    ['ALLOWED_WEBHOOKS', { ALLOWED_WEBHOOKS: 'https://user@hooks.example.com' }],
    ['PLATFORM_MCP_URL', { PLATFORM_MCP_URL: 'http://platform/mcp' }],
    ['AGENT_SERVER_URL', { AGENT_SERVER_URL: 'http://agents' }],
    ['DATABASE_URL', { DATABASE_URL: 'mysql://u:canary@db' }],
    ['DATABASE_URL', { DATABASE_URL: 'canary' }],
    ['REDIS_URL', { REDIS_URL: 'http://:canary@cache', TOKEN_SEAL_KEY: sealKey }],
    ['TOKEN_SEAL_KEY', { REDIS_URL: 'redis://cache' }],
    ['TOKEN_SEAL_KEY', { TOKEN_SEAL_KEY: 'canary' }],
    ['TOKEN_SEAL_KEY', { TOKEN_SEAL_KEY: Buffer.alloc(31).toString('base64') }],
    ['TOKEN_SEAL_KEY', { TOKEN_SEAL_KEY: `${sealKey.slice(0, -1)}*` }],
    ['WORKER_CONCURRENCY', { WORKER_CONCURRENCY: '0' }],
    ['WORKER_CONCURRENCY', { WORKER_CONCURRENCY: '1001' }],
    ['WORKER_TRIES', { WORKER_TRIES: '1.5' }],
    ['WORKER_TRIES', { WORKER_TRIES: '101' }],
    ['WORKER_LEASE_SECONDS', { WORKER_LEASE_SECONDS: '1' }],
    ['WORKER_LEASE_SECONDS', { WORKER_LEASE_SECONDS: '5m' }],
    ['WORKER_PORT', { WORKER_PORT: '65536' }],
  ])('stops at a wrong %s: %j', (name, env) => {
    expect(() => readSettings(env)).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG',
        path: name,
        message: expect.stringMatching(/^[A-Z_]+: .+\.$/),
      }),
    );
    expect(() => readSettings(env)).not.toThrow('canary');
  });

  it('lets Studio act as each development principal and says who they are', () => {
    const names = Object.keys(developmentPrincipals);

    expect(names.map((STUDIO_USER) => readSettings({ STUDIO_USER }).studioUser)).toEqual(names);
    expect(() => readSettings({ STUDIO_USER: 'eve' })).toThrow(names.join(', '));
  });

  it('accepts production with keys of its own', () => {
    expect(readSettings(production)).toMatchObject({ isProduction: true, authJwksFile: 'jwks.json' });
  });
});

describe('.env.example', () => {
  const names = [...readFileSync('.env.example', 'utf8').matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name);
  const source = readFileSync('src/config/env.ts', 'utf8');
  const read = [...source.matchAll(/read\w+\(\s*env,\s*'([A-Z_]+)'/g)].map(([, name]) => name);

  it('lists every setting that is read, once, and no other', () => {
    const settings = new Set(read.filter((name) => name !== 'NODE_ENV'));

    expect([...names].sort()).toEqual([...settings].sort());
  });
});

describe('loadEnvFile', () => {
  it('adds what is not set, overrides nothing, and does without a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'env-'));
    process.env.GRAPH_FLEET_TEST_SET = 'before';
    try {
      loadEnvFile(folder);
      writeFileSync(join(folder, '.env'), 'GRAPH_FLEET_TEST_SET=file\nGRAPH_FLEET_TEST_NEW=file\n');
      loadEnvFile(folder);

      expect(readSettings().expansion).toMatchObject({
        GRAPH_FLEET_TEST_SET: 'before',
        GRAPH_FLEET_TEST_NEW: 'file',
      });
    } finally {
      delete process.env.GRAPH_FLEET_TEST_SET;
      delete process.env.GRAPH_FLEET_TEST_NEW;
      rmSync(folder, { recursive: true });
    }
  });
});

describe('publishSettings', () => {
  it('lets settings that are read later find the platform where it listens', () => {
    const { PLATFORM_MCP_URL, PLATFORM_PORT } = process.env;
    try {
      publishSettings({ platformMcpUrl: 'http://127.0.0.1:4000/mcp', platformPort: 4000 });

      expect(readSettings()).toMatchObject({
        platformMcpUrl: 'http://127.0.0.1:4000/mcp',
        platformPort: 4000,
      });
    } finally {
      Object.assign(process.env, {
        PLATFORM_MCP_URL: PLATFORM_MCP_URL ?? '',
        PLATFORM_PORT: PLATFORM_PORT ?? '',
      });
    }
  });
});

describe('childEnvironment', () => {
  it('gives this environment with changes and leaves this one as it is', () => {
    const environment = childEnvironment({ LOG_LEVEL: 'error' });

    expect(environment).toEqual({ ...process.env, LOG_LEVEL: 'error' });
    expect(process.env['LOG_LEVEL']).not.toBe('error');
  });

  it('unsets with an empty text what a child would read from .env', () => {
    const folder = mkdtempSync(join(tmpdir(), 'env-'));
    const before = childEnvironment();
    try {
      writeFileSync(join(folder, '.env'), 'MCP_SERVERS_FILE=from-the-file.json\n');
      Object.assign(process.env, childEnvironment({ MCP_SERVERS_FILE: '' }));
      loadEnvFile(folder);

      expect(readSettings().mcpServersFile).toBe('mcp-servers.json');
    } finally {
      delete process.env['MCP_SERVERS_FILE'];
      Object.assign(process.env, before);
      rmSync(folder, { recursive: true });
    }
  });
});
