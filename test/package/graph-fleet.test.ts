import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RdsPlatform } from '../support/rds-platform.js';
import { startRdsPlatform } from '../support/rds-platform.js';

const run = promisify(execFile);
const { dependencies, peerDependencies, exports } = JSON.parse(readFileSync('package.json', 'utf8'));
const agent = readFileSync('examples/own-agent/agent.ts', 'utf8');
// The first test of docs/testing.md, to the letter.
const firstTest = readFileSync('examples/own-agent/two-people.test.ts', 'utf8');
const backend = readFileSync('examples/worker-client/backend.ts', 'utf8');

// Without what npm and vitest put there: the project is not part of this one.
const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_(?!config_)|npm_config_local_prefix$|VITEST|NODE_OPTIONS$|NODE_ENV$)/i.test(name),
  ),
);

let project: string;
let platform: RdsPlatform;

beforeAll(async () => {
  platform = await startRdsPlatform();
  project = realpathSync(mkdtempSync(join(tmpdir(), 'graph-fleet-package-')));
  writeJson('package.json', { name: 'own-agent', private: true, type: 'module' });
  await run('npm', ['pack', '--pack-destination', project], { env });
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz'));
  const peers = Object.entries<string>(peerDependencies).map((pair) => pair.join('@'));
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel', 'error'];
  await run('npm', ['install', ...quiet, `./${String(tarball)}`, ...peers], { cwd: project, env });
});

afterAll(async () => {
  await platform.close();
  rmSync(project, { recursive: true, force: true });
});

function writeJson(file: string, value: unknown): void {
  writeFileSync(join(project, file), JSON.stringify(value));
}

async function runNode(args: readonly string[], changes: Record<string, string> = {}): Promise<string> {
  const { stdout } = await run(process.execPath, args, { cwd: project, env: { ...env, ...changes } });
  return stdout.trim();
}

/** Compiles files of the project and gives what the compiler said. */
async function compile(files: Readonly<Record<string, string>>, outDir: string): Promise<string> {
  mkdirSync(join(project, 'src'), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project, 'src', name), text);
  const compilerOptions = {
    module: 'NodeNext',
    target: 'ES2023',
    lib: ['ES2023'],
    strict: true,
    skipLibCheck: true,
    rootDir: 'src',
    outDir,
    types: ['node'],
    typeRoots: [resolve('node_modules/@types')],
  };
  writeJson('tsconfig.json', { compilerOptions, files: Object.keys(files).map((name) => `src/${name}`) });
  const tsc = resolve('node_modules/typescript/bin/tsc');
  const { stdout } = await run(process.execPath, [tsc, '-p', '.'], { cwd: project, env }).catch(toFailedRun);
  return stdout.trim();
}

/** A program that ended with another exit code than 0 still said something. */
function toFailedRun(error: unknown): { stdout: string } {
  if (error instanceof Error && 'stdout' in error) return { stdout: String(error.stdout) };
  throw error;
}

function readImports(folder: string): Set<string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(?:js|d\.ts)$/.test(name),
  );
  const found = files.flatMap((name) => [
    ...readFileSync(join(folder, name), 'utf8').matchAll(/(?:\bfrom |\bimport\(|^import )['"]([^'"]+)['"]/gm),
  ]);
  return new Set(found.map(([, name = '']) => name));
}

function packageOf(name: string): string {
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/');
}

describe('the packed library', () => {
  it('imports nothing but its dependencies and peers', () => {
    const imports = [...readImports(join(project, 'node_modules/graph-fleet/dist'))];
    const packages = new Set(imports.filter((name) => !/^(?:\.|node:)/.test(name)).map(packageOf));

    expect([...packages].filter((name) => !(name in dependencies) && !(name in peerDependencies))).toEqual(
      [],
    );
    expect([...packages].filter((name) => builtinModules.includes(name))).toEqual([]);
    expect(packages).toContain('jose');
  });

  it('holds its doors and what they reach, and no server, platform or agent', () => {
    const folders = readdirSync(join(project, 'node_modules/graph-fleet/dist'));

    expect(folders).toEqual(expect.arrayContaining(['middleware', 'testing', 'tools']));
    expect(
      folders.filter((name) => /^(?:server|platform|mcp-server|agents|commands|database)$/.test(name)),
    ).toEqual([]);
  });

  it('imports in plain Node, by every door', async () => {
    const doors = Object.keys(exports).filter((door) => door !== './package.json');
    const script = `
      for (const door of ${JSON.stringify(doors)}) {
        const [name, value] = Object.entries(await import('graph-fleet/' + door.slice(2)))[0];
        console.log(door, name, typeof value);
      }`;

    const lines = (await runNode(['--input-type=module', '--eval', script])).split('\n');

    expect(lines).toHaveLength(doors.length);
    expect(lines).toContain('./middleware mcpToolsMiddleware function');
    expect(lines.filter((line) => !line.endsWith(' function'))).toEqual([]);
  });

  it('shares one copy of each langchain package with the project', async () => {
    const names = ['@langchain/core', '@langchain/langgraph', 'langchain'];
    const { stdout } = await run('npm', ['ls', '--all', '--parseable', ...names], { cwd: project, env });
    const copies = new Set(
      stdout
        .trim()
        .split('\n')
        .filter((path) => names.some((name) => path.endsWith(`/${name}`))),
    );

    expect([...copies].sort()).toEqual(names.map((name) => join(project, 'node_modules', name)).sort());
  });

  it('has types that refuse wrong options', async () => {
    const wrong = `
      import { mcpToolsMiddleware } from 'graph-fleet/middleware';
      import { defineWrapperTool } from 'graph-fleet/tools';
      import { z } from 'zod';
      mcpToolsMiddleware({ tools: [], tokens: { issuer: 'a', audience: 'b', jwks: 'https://c' } });
      defineWrapperTool({ name: 'a', description: 'b', schema: z.object({}), class: 'delete' });`;

    const said = await compile({ 'wrong.ts': wrong }, 'wrong');

    expect(said).toMatch(/wrong\.ts\(5,.*'mcpServers' is missing/s);
    expect(said).toMatch(/wrong\.ts\(6,.*"delete"/);
    expect(said.match(/error TS/g)).toHaveLength(2);
  });

  it('compiles a short agent, which runs as whoever asks', async () => {
    const said = await compile({ 'agent.ts': agent }, 'built');
    const runAs = async (name: 'alice' | 'carol'): Promise<string> =>
      runNode(['built/agent.js'], {
        PLATFORM_MCP_URL: platform.url,
        JWKS_FILE: join(platform.dataDir, 'development-keys.json'),
        USER_TOKEN: await platform.token(name),
      });

    expect(said).toBe('');
    expect(await runAs('alice')).toBe('You belong to [{"id":"org_acme","slug":"acme","name":"Acme"}]');
    expect(await runAs('carol')).toContain('"slug":"globex"');
  });

  it('compiles the first test of docs/testing.md, which passes under the test runner of Node', async () => {
    const said = await compile({ 'two-people.test.ts': firstTest }, 'tested');
    const report = await runNode(['--test', '--test-reporter=tap', 'tested/two-people.test.js']);

    expect(said).toBe('');
    expect(report).toMatch(/^# pass 2$/m);
    expect(report).toMatch(/^# fail 0$/m);
  });

  it('has types of the test kit that refuse wrong use', async () => {
    const wrong = `
      import { startMcpTestServer, startPeople } from 'graph-fleet/testing';
      const server = await startMcpTestServer({ look: { run: () => 'no result' } });
      server.echo = ['everywhere'];
      const { people } = await startPeople(['alice'], { tools: {}, agent: () => ({}) });
      people.mallory.open();`;

    const said = await compile({ 'wrong.ts': wrong }, 'wrong');

    expect(said.match(/wrong\.ts\(\d+/g)).toEqual(['wrong.ts(3', 'wrong.ts(4', 'wrong.ts(5', 'wrong.ts(6']);
  });

  it('compiles the backend of docs/worker.md, also with a connection of its own', async () => {
    const own = `
      import { Redis } from 'ioredis';
      import { createWorkerClient } from 'graph-fleet/worker-client';
      export const client = createWorkerClient({ redis: new Redis({ lazyConnect: true }), sealKey: '' });`;

    expect(await compile({ 'backend.ts': backend, 'own.ts': own }, 'backend')).toBe('');
  });

  it('has types of the worker client that refuse wrong use', async () => {
    const wrong = `
      import { createWorkerClient } from 'graph-fleet/worker-client';
      const client = createWorkerClient({ redis: 'redis://localhost' });
      await client.enqueue({ agent: 'a', threadId: 't', input: 'Hello', token: 'a.b.c' });
      for await (const { event } of client.follow('job-1')) console.log(event.text);
      await client.answer({ of: 'job-1', decisions: [{ type: 'maybe' }], token: 'a.b.c' });`;

    const said = await compile({ 'wrong.ts': wrong }, 'wrong');

    expect(said.match(/wrong\.ts\(\d+/g)).toEqual(['wrong.ts(3', 'wrong.ts(4', 'wrong.ts(5', 'wrong.ts(6']);
  });
});
