/**
 * `npm run bench [-- names] [--quick] [--write]`: runs the benchmarks, each in a process of its own. JSON on stdout, a
 * table on stderr. The exit code says whether they ran, and nothing of what they found.
 */
import { spawn } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { Figure } from './figures.js';
import { keepsBound, toTable } from './figures.js';
import { writeSections } from './performance-page.js';
import { siblingFile } from './sibling-file.js';
import { findMissingServices } from '../test/services/support/find-services.js';

const names = [
  'turns',
  'cold',
  'eight-servers',
  'tool-call',
  'heap',
  'ten-thousand-people',
  'hooks',
  'worker',
];
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`There is no benchmark ${unknown.join(', ')}; there are ${names.join(', ')}.\n`);
  process.exit(2);
}

const missing = positionals.length === 0 ? findMissingServices(process.env) : undefined;
if (missing !== undefined) process.stderr.write(`Left out: worker. ${missing}\n`);

const results: Record<string, readonly Figure[]> = {};
const sections = new Map<string, string>();
const failed: string[] = [];
const everything = names.filter((name) => name !== 'worker' || missing === undefined);
for (const name of positionals.length === 0 ? everything : positionals) {
  const startedAt = performance.now();
  process.stderr.write(`${name} … `);
  const { figures, code } = await runBenchmark(name);
  if (code !== 0) failed.push(name);
  results[name] = figures;
  sections.set(name, `### ${name}\n\n${describeMachine()}\n\n${toTable(figures)}\n`);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  process.stderr.write(`${code === 0 ? 'done' : 'FAILED'} (${seconds} s)\n`);
}

process.stderr.write(`\n${[...sections.values()].join('\n')}`);
if (values.write) writeSections(sections);
process.stdout.write(`${JSON.stringify(toReport(), null, 2)}\n`);
if (failed.length > 0) {
  process.stderr.write(`\nThese did not run to their end: ${failed.join(', ')}.\n`);
  process.exitCode = 1;
}

async function runBenchmark(
  name: string,
): Promise<{ readonly figures: Figure[]; readonly code: number | null }> {
  const file = siblingFile(name);
  const child = spawn(process.execPath, [...process.execArgv, file, ...(values.quick ? ['--quick'] : [])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  // Each line is what `publish` wrote.
  const figures = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Figure]));
  return { figures, code };
}

function toReport() {
  const judged = Object.entries(results).map(([name, figures]) => [
    name,
    figures.map((figure) => ({ ...figure, ok: keepsBound(figure) })),
  ]);
  return { quick: values.quick, machine: readMachine(), benchmarks: Object.fromEntries(judged) };
}

function readMachine() {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    load: Number(loadavg()[0]?.toFixed(1)),
  };
}

function describeMachine(): string {
  const { cpu, cores, memoryGb, platform, node, load } = readMachine();
  const run = values.quick ? 'a quick run' : 'a full run';
  return `${cpu}, ${String(cores)} cores, ${String(memoryGb)} GB, ${platform}, Node ${node}, ${run}; load at its end ${String(load)}.`;
}
