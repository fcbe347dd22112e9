/** Holds an import graph against rules that are data, and words every offence as `file:line imports x: why not`. */
import { showEdge, unitOf } from './import-graph.js';
import type { ImportEdge, ImportGraph } from './import-graph.js';

/** What the files of one unit (a folder of `src/`, or a file at its root) may import. */
export interface ImportRow {
  /** Units, or single files of a unit, whose values and types may be imported. */
  readonly src: readonly string[];
  /** Units of which only types may be imported. */
  readonly types?: readonly string[];
  /** npm packages; `@scope/*` stands for every package of a scope. */
  readonly npm: readonly string[];
}

/** The rules that one tree keeps. */
export interface ImportRules {
  readonly table: Readonly<Record<string, ImportRow>>;
  /** The only units that may import a package, whatever else allows it. */
  readonly owners: Readonly<Record<string, readonly string[]>>;
  /** The only files of a unit that other units may import. */
  readonly doors: Readonly<Record<string, readonly string[]>>;
  /** Files whose values only composition roots may import. */
  readonly rootsOnly: readonly string[];
  /** Tells whether a file is a composition root. */
  readonly isRoot: (file: string) => boolean;
  /** Tells whether a file is a root that may import every unit. */
  readonly isFree: (file: string) => boolean;
}

/** Lists every import that breaks a rule; empty when all hold. */
export function findOffences(graph: ImportGraph, rules: ImportRules): string[] {
  return graph.edges.flatMap((edge) => {
    const reason = edge.npm === undefined ? judgeOwn(edge, rules) : judgePackage(edge, edge.npm, rules);
    return reason === undefined ? [] : [`${showEdge(edge)}: ${reason}`];
  });
}

/** Lists the units that have no row, and the rows that have no unit. */
export function findTableGaps({ files }: ImportGraph, { table }: ImportRules): string[] {
  const units = new Set(files.map(unitOf));
  return [...units]
    .filter((unit) => !(unit in table))
    .map((unit) => `${unit} has no row in the import table`);
}

function judgePackage(edge: ImportEdge, npm: string, rules: ImportRules): string | undefined {
  const unit = unitOf(edge.from);
  const owners = rules.owners[npm];
  if (owners && !owners.includes(unit))
    return `only ${owners.join(' and ') || 'nobody'} may import the package ${npm}`;
  if (rules.isFree(edge.from)) return undefined;
  const allowed = rules.table[unit]?.npm ?? [];
  if (allowed.includes(npm) || allowed.includes(`${npm.split('/')[0] ?? ''}/*`)) return undefined;
  return `${unit} may import these packages only: ${allowed.join(', ') || 'none'}`;
}

function judgeOwn(edge: ImportEdge, rules: ImportRules): string | undefined {
  const { from, to = '', typeOnly } = edge;
  const unit = unitOf(from);
  const target = unitOf(to);
  if (to.endsWith('/main.ts')) return 'a main.ts is started, never imported';
  if (rules.rootsOnly.includes(to) && !typeOnly && !rules.isRoot(from))
    return 'only composition roots read it; take what it returns as an argument';
  if (unit === target || rules.isFree(from)) return undefined;

  const row = rules.table[unit];
  const asValue = row?.src.some((allowed) => allowed === target || allowed === to) ?? false;
  const asType = typeOnly && (row?.types?.includes(target) ?? false);
  if (!asValue && !asType) return `${unit} may import ${describe(row)}`;
  const doors = rules.doors[target];
  return doors && !typeOnly && !doors.includes(to)
    ? `the door of ${target} is ${doors.join(' or ')}`
    : undefined;
}

function describe(row: ImportRow | undefined): string {
  const values = row?.src.join(', ') ?? '';
  const types = row?.types?.join(', ') ?? '';
  return `${values || 'nothing'}${types ? `, and types of ${types}` : ''}`;
}
