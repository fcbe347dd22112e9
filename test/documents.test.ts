import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { toolErrorCodes } from '../src/contracts/cloud-resource-tools.js';
import { outcomes } from '../src/outcomes.js';
import {
  findFirstFence,
  readAnchors,
  readColumn,
  readLocalLinks,
  readProse,
  readTables,
} from './support/markdown.js';
import { readTestTitles } from './support/test-titles.js';
import { readThreats } from './support/threat-list.js';

const required = [
  ...['README.md', 'TESTING.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'LICENSE', '.env.example'],
  ...[
    'architecture',
    'authentication',
    'authorization-and-audit',
    'mcp-servers',
    'adding-an-agent',
    'errors',
    'glossary',
    'worker',
    'deployment',
    'performance',
  ].map((name) => `docs/${name}.md`),
];

// The settings that the project promises; each is read in src/config/env.ts and told in .env.example.
const settings = [
  ...['MODEL', 'OPENAI_API_KEY', 'OPENAI_BASE_URL', 'MCP_SERVERS_FILE', 'PLATFORM_MCP_URL', 'AUTH_JWKS_URL'],
  ...['AUTH_JWKS_FILE', 'DATA_DIR', 'AUTH_ISSUER', 'AUTH_AUDIENCE', 'PLATFORM_AUDIENCE', 'STUDIO_USER'],
  ...[
    'PLATFORM_TOKEN',
    'ALLOWED_HOSTS',
    'ALLOWED_ORIGINS',
    'ALLOWED_WEBHOOKS',
    'HOST',
    'PORT',
    'PLATFORM_PORT',
    'AGENT_SERVER_URL',
  ],
  ...['DATABASE_URL', 'REDIS_URL', 'TOKEN_SEAL_KEY', 'LOG_LEVEL', 'LOG_FORMAT'],
  ...['WORKER_CONCURRENCY', 'WORKER_TRIES', 'WORKER_LEASE_SECONDS', 'WORKER_PORT'],
].sort();
// Names that env.ts may read beside the settings, because the field gave them their meaning.
const foreign = new Set(['NODE_ENV']);

const read = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
const documents = [
  ...readdirSync('.').filter((file) => file.endsWith('.md')),
  ...['docs', 'examples', 'policies']
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
    )
    .filter((file) => file.endsWith('.md')),
];
const manifest = JSON.parse(read('package.json'));

describe('the documents', () => {
  it('are all there', () => {
    expect(required.filter((file) => !existsSync(file))).toEqual([]);
  });

  it('link only to files and headings that exist', () => {
    const broken = documents.flatMap((file) =>
      readLocalLinks(read(file))
        .filter((link) => !resolves(file, link))
        .map((link) => `${file} -> ${link}`),
    );

    expect(broken).toEqual([]);
  });

  it('name only npm scripts that exist', () => {
    const unknown = documents.flatMap((file) =>
      readScripts(read(file))
        .filter((script) => !(script in manifest.scripts))
        .map((script) => `${file} names npm run ${script}`),
    );

    expect(unknown).toEqual([]);
  });

  it('never use a word that the glossary rejects', () => {
    const rejected = readRejectedWords(read('docs/glossary.md'));
    const readers = documents.filter((file) => !/^docs\/(?:glossary\.md|decisions\/)/.test(file));
    const uses = readers.flatMap((file) =>
      rejected
        .filter((word) => holdsWord(readProse(read(file)), word))
        .map((word) => `${file} says "${word}"`),
    );

    expect(
      rejected,
      'docs/glossary.md needs a table with a column "not", its words parted by commas',
    ).not.toEqual([]);
    expect(uses).toEqual([]);
  });

  it('hold decisions that are dated, of 60 lines at most', () => {
    const notes = existsSync('docs/decisions') ? readdirSync('docs/decisions') : [];
    const misnamed = notes.filter((note) => !/^\d{4}-\d{2}-\d{2}-[a-z0-9-]+\.md$/.test(note));
    const long = notes.filter((note) => countLines(read(`docs/decisions/${note}`)) > 60);

    expect({ misnamed, long }).toEqual({ misnamed: [], long: [] });
    expect(notes).not.toEqual([]);
  });
});

describe('README.md', () => {
  const readme = read('README.md');

  it('has between 1 and 150 lines', () => {
    expect(countLines(readme)).toBeGreaterThan(1);
    expect(countLines(readme)).toBeLessThanOrEqual(150);
  });

  it('shows code within its first 25 lines', () => {
    expect(findFirstFence(readme)).toBeGreaterThan(0);
    expect(findFirstFence(readme)).toBeLessThanOrEqual(25);
  });
});

describe('docs/errors.md', () => {
  const page = read('docs/errors.md');
  const errorCodes = [...read('src/errors.ts').matchAll(/readonly code = '(ERR_\w+)'/g)].map(
    ([, code = '']) => code,
  );

  it.each([
    ['code', errorCodes],
    ['outcome', Object.keys(outcomes)],
    ['tool error', [...toolErrorCodes]],
  ])('has a table whose first column is "%s", with one row for each that the code has', (column, names) => {
    const rows = readColumn(page, column);

    expect(rows, `docs/errors.md has no table that begins with "| ${column} |"`).toBeDefined();
    expect([...(rows ?? [])].sort()).toEqual([...names].sort());
  });
});

describe('docs/authentication.md', () => {
  const page = read('docs/authentication.md');

  it.each([
    ['reason', 'src/errors.ts', 'TokenRefusal'],
    ['sign-in', 'src/outcomes.ts', 'SignInReason'],
  ])('has a table whose first column is "%s", with one row for each of the code', (column, file, type) => {
    expect([...(readColumn(page, column) ?? [])].sort()).toEqual(readUnion(file, type).sort());
  });
});

describe('SECURITY.md', () => {
  const threats = readThreats(read('SECURITY.md'));

  it('names for each threat a test that holds it', () => {
    expect(threats.filter(({ tests }) => tests.length === 0)).toEqual([]);
    expect(threats.length).toBeGreaterThan(30);
  });

  it('names only tests that are there, by the titles they have', () => {
    const missing = threats
      .flatMap(({ tests }) => tests)
      .flatMap(({ file, titles }) => {
        const known = readTestTitles(read(file));
        if (known.length === 0) return [`${file} has no tests`];
        return titles.filter((title) => !known.includes(title)).map((title) => `${file}: "${title}"`);
      });

    expect(missing).toEqual([]);
  });
});

describe('the settings', () => {
  it('are each named once in .env.example', () => {
    const named = [...read('.env.example').matchAll(/^#? ?([A-Z][A-Z0-9_]*)=/gm)].map(
      ([, name = '']) => name,
    );

    expect(named.sort()).toEqual(settings);
  });

  it('are each read in src/config/env.ts, which reads no other', () => {
    const names = readSettingNames('src/config/env.ts').filter((name) => !foreign.has(name));

    expect(names).toEqual(settings);
  });
});

describe('langgraph.json', () => {
  const { graphs, auth, http } = JSON.parse(read('langgraph.json'));
  const targets: string[] = [...Object.values<string>(graphs), auth.path, http.app];

  it.each(targets)('points at %s, a file with that export', (target) => {
    const [file = '', name = ''] = target.split(':');

    expect(existsSync(file), `${file} is missing`).toBe(true);
    expect(readExports(file)).toContain(name);
  });

  it('offers the graph under the id that callers know', () => {
    expect(Object.keys(graphs)).toEqual(['aws_rds_instance_creator']);
  });

  it('lets nobody in by the header of Studio alone', () => {
    expect(auth.disable_studio_auth).toBe(true);
  });
});

describe('package.json', () => {
  it('starts only files that exist', () => {
    const entries = Object.values<string>(manifest.scripts).flatMap(
      (script) => script.match(/(?:src|scripts)\/\S+/g) ?? [],
    );

    expect(entries.filter((entry) => !existsSync(entry))).toEqual([]);
  });
});

function resolves(file: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? file : join(dirname(file), decodeURIComponent(path));
  if (!existsSync(target)) return false;
  return anchor === undefined || !target.endsWith('.md') || readAnchors(read(target)).includes(anchor);
}

/** Reads the words of a union type of texts. */
function readUnion(file: string, name: string): string[] {
  const found = parse(file).statements.find(
    (statement) => ts.isTypeAliasDeclaration(statement) && statement.name.text === name,
  );
  return [...(found?.getText() ?? '').matchAll(/'([^']+)'/g)].map(([, word = '']) => word);
}

function readScripts(markdown: string): string[] {
  const commands = markdown.matchAll(
    /\bnpm (?:(test|start)\b|(?:-s |--silent )?run (?:-s |--silent )?([a-z][\w:-]*))/g,
  );
  return [...commands].map(([, short, script]) => short ?? script ?? '');
}

function readRejectedWords(glossary: string): string[] {
  return readTables(glossary).flatMap(({ header, rows }) => {
    const column = header.indexOf('not');
    if (column < 0) return [];
    const words = rows.flatMap((row) => (row[column] ?? '').split(','));
    return words.map((word) => word.trim().replaceAll('`', '')).filter((word) => /\p{L}/u.test(word));
  });
}

function holdsWord(text: string, word: string): boolean {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}_-])${escaped}s?(?![\\p{L}\\p{N}_-])`, 'iu').test(text);
}

function countLines(text: string): number {
  return text.trimEnd().split('\n').length;
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
}

function readSettingNames(file: string): string[] {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const isName = ts.isStringLiteralLike(node) || ts.isIdentifier(node);
    if (isName && /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/.test(node.text) && !isGlobal(node)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(parse(file));
  return [...names].sort();
}

function isGlobal(node: ts.Node): boolean {
  if (ts.isStringLiteralLike(node)) return /^(?:E[A-Z]+|ERR_\w+)$/.test(node.text);
  // `URL` in `new URL(…)` or `JSON` in `JSON.parse(…)`: an identifier that is looked up and not a property's name.
  const { parent } = node;
  const isMember = ts.isPropertyAccessExpression(parent) && parent.name === node;
  return (
    !isMember &&
    !ts.isPropertyAssignment(parent) &&
    !ts.isPropertySignature(parent) &&
    !ts.isBindingElement(parent)
  );
}

function readExports(file: string): string[] {
  return parse(file).statements.flatMap((statement) => {
    if (
      ts.isExportDeclaration(statement) &&
      statement.exportClause &&
      ts.isNamedExports(statement.exportClause)
    )
      return statement.exportClause.elements.map(({ name }) => name.text);
    const exported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (!exported) return [];
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.map(({ name }) => name.getText());
    return ts.isFunctionDeclaration(statement) && statement.name ? [statement.name.text] : [];
  });
}
