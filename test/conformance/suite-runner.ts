/** Runs single scenarios of the official suite, each in a process of its own. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Revision, Role } from './scenarios.js';

/** The two releases: the newest that is called one, and the newest that knows the revision of 2026. */
export type Release = '0.1' | '0.2';
export const releases: readonly Release[] = ['0.1', '0.2'];

/** A scenario as a release lists it. */
export interface ListedScenario {
  readonly role: Role;
  readonly name: string;
  readonly revisions: readonly string[];
}

/** One scenario in one revision of one release. */
export interface SuiteRun {
  readonly release: Release;
  readonly role: Role;
  readonly name: string;
  readonly revision: Revision;
}

/** What the suite found out about one requirement. */
export interface Check {
  readonly id: string;
  readonly name: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly errorMessage?: string;
}

/** How a run ended. */
export interface SuiteResult {
  readonly exitCode: number;
  readonly checks: readonly Check[];
  /** What the suite and the client under test wrote. */
  readonly output: string;
}

/** The suite, installed. */
export interface Suite {
  list(release: Release): Promise<readonly ListedScenario[]>;
  run(run: SuiteRun, target: string): Promise<SuiteResult>;
}

const root = join(import.meta.dirname, '../..');
const pins = join(import.meta.dirname, 'suite');
/** Not in the tree of the tests: packages of the suite bring test files of their own. */
const folder = join(root, 'node_modules/.cache/mcp-conformance');
const runMs = 60_000;

/** Installs the pinned releases with npm where they are missing or others than the lockfile says. */
export async function installSuite(): Promise<Suite> {
  const lock = await readFile(join(pins, 'package-lock.json'), 'utf8');
  const mark = join(folder, 'installed');
  const installed = await readFile(mark, 'utf8').catch(() => undefined);
  if (installed !== lock) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    for (const file of ['package.json', 'package-lock.json', '.npmrc'])
      await copyFile(join(pins, file), join(folder, file));
    const npm = spawn('npm', ['ci', '--ignore-scripts'], { cwd: folder, stdio: ['ignore', 2, 2] });
    const [code] = (await once(npm, 'close')) as [number | null];
    if (code !== 0) throw new Error('The conformance suite was not installed; npm says why.');
    await writeFile(mark, lock);
  }
  return { list, run };
}

async function list(release: Release): Promise<readonly ListedScenario[]> {
  const { output } = await start(release, ['list']);
  const listed: ListedScenario[] = [];
  let role: Role | undefined;
  for (const line of output.split('\n')) {
    const heading = /^(\w+)(?: \w+)? scenarios/.exec(line)?.[1];
    if (heading !== undefined)
      role = heading === 'Client' ? 'client' : heading === 'Server' ? 'server' : undefined;
    const [, name, revisions] = /^ {2}- (\S+) \[(.*)\]$/.exec(line) ?? [];
    if (role !== undefined && name !== undefined)
      listed.push({ role, name, revisions: revisions!.split(',') });
  }
  return listed;
}

/** @param target a server’s address, or the command that starts a client. */
async function run({ release, role, name, revision }: SuiteRun, target: string): Promise<SuiteResult> {
  const results = await mkdtemp(join(tmpdir(), 'mcp-conformance-'));
  try {
    const { exitCode, output } = await start(release, [
      role,
      ...(role === 'client' ? ['--command', target] : ['--url', target]),
      ...['--scenario', name, '--spec-version', revision, '-o', results],
    ]);
    const [found = ''] = await readdir(results);
    const written = await readFile(join(results, found, 'checks.json'), 'utf8').catch(() => '[]');
    return { exitCode, output, checks: JSON.parse(written) as Check[] };
  } finally {
    await rm(results, { recursive: true, force: true });
  }
}

interface Ended {
  readonly exitCode: number;
  readonly output: string;
}

function start(release: Release, words: readonly string[]): Promise<Ended> {
  const entry = join(folder, `node_modules/conformance-${release}/dist/index.js`);
  const args = ['--import', join(pins, 'node-20.mjs'), entry, ...words];
  const options = { cwd: root, timeout: runMs, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ exitCode, output: `${stdout}${stderr}` });
    });
  });
}
