import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  findCycles,
  findMutualFolders,
  findReachablePackages,
  readImportGraph,
} from './support/import-graph.js';
import { findOffences, findTableGaps } from './support/import-rules.js';
import type { ImportRules } from './support/import-rules.js';

const foundation = [
  ...['errors.ts', 'logger.ts', 'log-value.ts', 'outcomes.ts', 'redaction.ts', 'secure-url.ts'],
  ...[
    'allowed-host.ts',
    'allowed-origin.ts',
    'bounded-map.ts',
    'stop-signals.ts',
    'canonical-json.ts',
    'outside-runs.ts',
    'rate-limit.ts',
    'token-text.ts',
    'redacted-output.ts',
  ],
];
const langchain = ['langchain', '@langchain/*'];

// Who may import whom. A folder that is not named in a row cannot be reached from it.
const table: ImportRules['table'] = {
  'errors.ts': { src: [], npm: [] },
  'redaction.ts': { src: [], npm: [] },
  'redacted-output.ts': { src: ['redaction.ts'], npm: [] },
  'log-value.ts': { src: ['redaction.ts'], npm: [] },
  'logger.ts': { src: ['errors.ts', 'redaction.ts', 'log-value.ts'], npm: [] },
  'outcomes.ts': { src: ['errors.ts'], npm: [] },
  'secure-url.ts': { src: ['errors.ts'], npm: [] },
  'allowed-host.ts': { src: ['secure-url.ts'], npm: [] },
  'allowed-origin.ts': { src: ['secure-url.ts'], npm: [] },
  'bounded-map.ts': { src: ['outside-runs.ts'], npm: [] },
  'canonical-json.ts': { src: [], npm: [] },
  'stop-signals.ts': { src: [], npm: [] },
  'outside-runs.ts': { src: [], npm: [] },
  'rate-limit.ts': { src: [], npm: [] },
  'token-text.ts': { src: [], npm: [] },
  contracts: { src: [], npm: ['zod'] },
  auth: { src: ['errors.ts', 'secure-url.ts', 'bounded-map.ts'], types: ['logger.ts'], npm: ['jose', 'zod'] },
  config: { src: ['errors.ts', 'secure-url.ts'], types: ['logger.ts'], npm: ['zod'] },
  database: { src: foundation, npm: ['kysely', 'libsql', 'pg'] },
  'mcp-client': {
    // A principal's key is spelled in one place, for every folder that keeps something under it.
    src: [...foundation, 'contracts', 'auth/principal.ts', 'auth/exchanged-tokens.ts'],
    types: ['auth', 'config'],
    npm: [
      ...['@modelcontextprotocol/client', '@langchain/mcp-adapters', '@langchain/core', 'zod'],
      ...['cockatiel', 'eventsource-parser'],
    ],
  },
  runtime: {
    // The slot puts a renewed credential in the place of the old one; it opens no connection itself.
    src: [...foundation, 'contracts', 'auth', 'mcp-client/credential.ts'],
    types: ['mcp-client', 'config'],
    npm: [...langchain, 'zod'],
  },
  tools: {
    // How a name finds its tool is told in one place, to the model and to the call; it opens no connection itself.
    src: [
      ...[...foundation, 'contracts', 'runtime'],
      ...['mcp-client/find-live-tool.ts', 'mcp-client/until-aborted.ts'],
    ],
    types: ['mcp-client'],
    npm: [...langchain, 'zod'],
  },
  middleware: {
    src: [
      ...[...foundation, 'contracts', 'auth', 'runtime', 'mcp-client'],
      // What a wrapper is and what it calls; which wrappers there are is the agent's affair.
      ...[
        'tools/define-wrapper-tool.ts',
        'tools/wrapper-in-slot.ts',
        'tools/call-offer.ts',
        'tools/approved-offer.ts',
        'tools/find-offer.ts',
      ],
      // A user of the library hands over the same map as mcp-servers.json holds.
      'config/mcp-servers.ts',
    ],
    types: ['config', 'tools'],
    npm: [...langchain, 'zod'],
  },
  agents: {
    src: [...foundation, 'contracts', 'auth', 'config', 'mcp-client', 'runtime', 'middleware', 'tools'],
    npm: [...langchain, 'zod'],
  },
  platform: {
    src: [...foundation, 'contracts', 'database', 'auth/principal.ts'],
    types: ['auth'],
    npm: ['@cedar-policy/cedar-wasm', 'kysely', 'libsql', 'pg', 'zod'],
  },
  'mcp-server': {
    src: [...foundation, 'contracts', 'auth', 'config', 'database', 'platform'],
    npm: ['@modelcontextprotocol/server', '@modelcontextprotocol/node', 'hono', 'zod'],
  },
  telemetry: { src: foundation, types: ['mcp-client'], npm: ['prom-client'] },
  server: {
    src: [
      ...[
        ...foundation,
        'contracts',
        'auth',
        'config',
        'database',
        'mcp-client',
        'runtime',
        'middleware',
        'tools',
      ],
      ...['agents', 'mcp-server', 'telemetry'],
    ],
    npm: [...langchain, 'hono', 'kysely', 'pg', 'zod'],
  },
  testing: {
    // What stands on the other side of an agent; a conversation spells the token’s key as the runtime does.
    src: [...foundation, 'auth', 'runtime/run-config.ts'],
    types: ['middleware'],
    npm: [...langchain, '@modelcontextprotocol/server', '@modelcontextprotocol/node', 'zod'],
  },
  worker: {
    src: [
      ...[...foundation, 'contracts', 'auth', 'runtime', 'middleware', 'agents', 'telemetry'],
      // Which graphs there are, and where their threads are kept, is told in one place to the server and to the worker.
      ...['server/served-graphs.ts', 'server/open-checkpointer.ts', 'config'],
    ],
    npm: [...langchain, 'bullmq', 'ioredis', 'zod'],
  },
  'worker-client': {
    // A backend seals the token itself; it verifies none.
    src: [
      ...[...foundation, 'contracts'],
      ...['auth/sealed-token.ts', 'auth/bearer-token.ts', 'auth/token-life.ts'],
    ],
    npm: ['ioredis', 'zod'],
  },
  commands: {
    // mcp:check tries servers as the agents do.
    src: [...foundation, 'contracts', 'auth', 'mcp-client', 'tools'],
    types: ['config'],
    npm: ['@langchain/langgraph-sdk', 'zod'],
  },
};

const owners: ImportRules['owners'] = {
  jose: ['auth'],
  '@modelcontextprotocol/client': ['mcp-client'],
  '@langchain/mcp-adapters': ['mcp-client'],
  '@modelcontextprotocol/server': ['mcp-server', 'testing'],
  '@modelcontextprotocol/node': ['mcp-server', 'testing'],
  // The 1.x SDK comes with mcp-adapters; ours is 2.x.
  '@modelcontextprotocol/sdk': [],
  '@cedar-policy/cedar-wasm': ['platform'],
  cockatiel: ['mcp-client'],
  'prom-client': ['telemetry'],
  'eventsource-parser': ['mcp-client'],
  bullmq: ['worker'],
  ioredis: ['worker', 'worker-client'],
  kysely: ['database', 'platform', 'server'],
  libsql: ['database', 'platform'],
  // The server hands the PostgreSQL checkpointer a pool that survives a connection which PostgreSQL closes.
  pg: ['database', 'platform', 'server'],
  '@langchain/openai': ['agents'],
  '@langchain/langgraph-api': ['server'],
  '@langchain/langgraph-checkpoint-sqlite': ['server', 'database'],
  '@langchain/langgraph-checkpoint-postgres': ['server', 'database'],
};

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
// The LangGraph server loads auth.ts, app.ts and the graphs by path; they are wired where they meet.
const roots = /(?:^|\/)(?:main|graph)\.ts$|^server\/parts\.ts$|^agents\/process-connections\.ts$/;

const rules: ImportRules = {
  table,
  owners,
  doors: { 'mcp-server': ['mcp-server/assemble-platform.ts'] },
  rootsOnly: ['config/env.ts'],
  isRoot: (file) => roots.test(file),
  isFree: (file) => /^commands\/[^/]+\/main\.ts$/.test(file),
};

const graph = readImportGraph('src');

describe('the import table', () => {
  it('has a row for every folder of src', () => {
    expect(findTableGaps(graph, rules)).toEqual([]);
  });

  it('is kept by every import', () => {
    expect(findOffences(graph, rules)).toEqual([]);
  });

  it('leaves no cycle of imports', () => {
    expect(findCycles(graph).map((cycle) => cycle.join(' > '))).toEqual([]);
  });

  it('leaves no two folders that import each other', () => {
    expect(findMutualFolders(graph)).toEqual([]);
  });

  it('names no package that package.json does not', () => {
    const declared = { ...manifest.dependencies, ...manifest.devDependencies };
    const undeclared = graph.edges.filter(({ npm }) => npm !== undefined && !(npm in declared));

    expect(undeclared.map(({ from, npm }) => `${from} imports ${String(npm)}`)).toEqual([]);
  });
});

describe('file names', () => {
  const names = ['src', 'test'].flatMap((root) =>
    readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts')),
  );

  it('are in kebab case', () => {
    const kebab =
      /^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:int|service))?(?:\.test|\.test-d)?\.ts$/;

    expect(names.filter((name) => !kebab.test(name))).toEqual([]);
  });

  it('say what is inside: no index, utils, helpers, common or types', () => {
    expect(
      names.filter((name) => /(?:^|\/)(?:index|utils?|helpers?|common|types)(?:\.|\/)/.test(name)),
    ).toEqual([]);
  });
});

describe('the published library', () => {
  const entries = Object.values<{ default?: string }>(manifest.exports).flatMap((target) =>
    target.default ? [target.default.replace(/^\.\/dist\//, '').replace(/\.js$/, '.ts')] : [],
  );
  const reachable = findReachablePackages(graph, entries);

  it('has a source file behind every door', () => {
    expect(entries.filter((entry) => !graph.files.includes(entry))).toEqual([]);
  });

  it('needs only packages that an installer of it gets', () => {
    const installed = { ...manifest.dependencies, ...manifest.peerDependencies };
    const missing = [...reachable].filter(([npm]) => !(npm in installed));

    expect(missing.map(([npm, edge]) => `${npm} is needed (${edge}) and is no dependency or peer`)).toEqual(
      [],
    );
  });

  it('makes nobody install what it does not import', () => {
    expect(Object.keys(manifest.dependencies).filter((npm) => !reachable.has(npm))).toEqual([]);
  });
});

describe('the pins', () => {
  it('are exact versions', () => {
    const { dependencies, devDependencies, peerDependencies } = manifest;
    const ranges = Object.entries<string>({ ...dependencies, ...devDependencies, ...peerDependencies });

    expect(ranges.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it('come from a lockfile without download addresses', () => {
    expect(readFileSync('package-lock.json', 'utf8')).not.toContain('"resolved"');
  });
});

describe('the checker', () => {
  const folders: string[] = [];
  const readFixture = (files: Record<string, string>): ReturnType<typeof readImportGraph> => {
    const root = mkdtempSync(join(tmpdir(), 'import-graph-'));
    folders.push(root);
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(join(root, dirname(file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
    return readImportGraph(root);
  };
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  it.each([
    [
      'auth/a.ts',
      `import { x } from '../platform/b.js';`,
      'auth/a.ts:1 imports platform/b.ts: auth may import',
    ],
    [
      'auth/a.ts',
      `\nexport { x } from '../agents/b.js';`,
      'auth/a.ts:2 imports agents/b.ts: auth may import',
    ],
    [
      'auth/a.ts',
      `const x = await import('../server/b.js');`,
      'auth/a.ts:1 imports server/b.ts: auth may import',
    ],
    [
      'auth/a.ts',
      `import type { X } from '../runtime/b.js';`,
      'auth/a.ts:1 imports types of runtime/b.ts: auth may',
    ],
    ['auth/a.ts', `let x: import('../tools/b.js').X;`, 'auth/a.ts:1 imports types of tools/b.ts: auth may'],
    [
      'mcp-client/a.ts',
      `import { x } from '../auth/b.js';`,
      'mcp-client/a.ts:1 imports auth/b.ts: mcp-client may',
    ],
    ['mcp-client/a.ts', `import { x } from '../mcp-server/b.js';`, 'mcp-client may import'],
    ['server/a.ts', `import { x } from '../platform/b.js';`, 'server may import'],
    ['server/a.ts', `import { x } from '../mcp-server/http.js';`, 'the door of mcp-server is'],
    ['server/a.ts', `import { x } from '../mcp-server/main.js';`, 'a main.ts is started, never imported'],
    ['server/a.ts', `import { x } from '../config/env.js';`, 'only composition roots read it'],
    ['config/a.ts', `import { x } from './env.js';`, 'only composition roots read it'],
    [
      'runtime/a.ts',
      `import { x } from 'jose';`,
      'runtime/a.ts:1 imports jose: only auth may import the package jose',
    ],
    ['commands/x/main.ts', `import { x } from 'jose/errors';`, 'only auth may import the package jose'],
    ['agents/a.ts', `import { x } from '@langchain/mcp-adapters';`, 'only mcp-client may import the package'],
    ['mcp-client/a.ts', `import { x } from '@modelcontextprotocol/sdk/types.js';`, 'only nobody may import'],
    ['auth/a.ts', `import { x } from 'left-pad';`, 'auth may import these packages only: jose, zod'],
  ])('names the forbidden import in %s: %s', (file, text, offence) => {
    expect(findOffences(readFixture({ [file]: text }), rules)).toEqual([expect.stringContaining(offence)]);
  });

  it.each([
    ['mcp-client/a.ts', `import type { X } from '../auth/b.js';`],
    ['server/main.ts', `import { x } from '../config/env.js';`],
    ['agents/a/graph.ts', `import { x } from '../../config/env.js';`],
    ['server/a.ts', `import { x } from '../mcp-server/assemble-platform.js';`],
    ['server/a.ts', `import type { Settings } from '../config/env.js';`],
    ['commands/demo/main.ts', `import { x } from '../../platform/b.js';`],
    ['auth/a.ts', `import { x } from './b.js';\nimport fs from 'node:fs';\nimport { y } from 'jose';`],
  ])('lets pass the allowed imports in %s: %s', (file, text) => {
    expect(findOffences(readFixture({ [file]: text }), rules)).toEqual([]);
  });

  it('names a folder without a row', () => {
    expect(findTableGaps(readFixture({ 'stray/a.ts': '' }), rules)).toEqual([
      'stray has no row in the import table',
    ]);
  });

  it('finds a cycle over three files, and none that types alone close', () => {
    const cycle = readFixture({
      'a.ts': `import { b } from './b.js';`,
      'b.ts': `import { c } from './c.js';`,
      'c.ts': `export { a } from './a.js';`,
    });
    const typesOnly = readFixture({
      'a.ts': `import { b } from './b.js';`,
      'b.ts': `import type { A } from './a.js';`,
    });

    expect(findCycles(cycle)).toEqual([['a.ts', 'b.ts', 'c.ts']]);
    expect(findCycles(typesOnly)).toEqual([]);
  });

  it('finds two folders that import each other through different files', () => {
    const mutual = readFixture({
      'x/a.ts': `import { b } from '../y/b.js';`,
      'x/c.ts': '',
      'y/d.ts': `import type { C } from '../x/c.js';`,
    });

    expect(findMutualFolders(mutual)).toEqual(['x <> y']);
  });

  it('follows imports to the packages that an entry needs', () => {
    const library = readFixture({
      'a.ts': `import { b } from './b.js';`,
      'b.ts': `import type { Z } from 'zod';`,
      'c.ts': `import 'pg';`,
    });

    expect([...findReachablePackages(library, ['a.ts'])]).toEqual([['zod', 'b.ts:1 imports types of zod']]);
  });
});
