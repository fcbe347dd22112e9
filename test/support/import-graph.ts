/** Reads which module imports which, from the syntax alone, so that rules about imports can be tested. */
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, posix, relative, sep } from 'node:path';
import ts from 'typescript';

/** One import of one module. */
export interface ImportEdge {
  /** The importing file, relative to the root, with forward slashes. */
  readonly from: string;
  readonly line: number;
  /** The imported file, relative to the root; undefined for a package. */
  readonly to?: string | undefined;
  /** The imported npm package; undefined for an own file. Node's own modules are left out of the graph. */
  readonly npm?: string | undefined;
  /** Whether the import is gone after compilation. */
  readonly typeOnly: boolean;
}

/** The files of a tree and the imports between them. */
export interface ImportGraph {
  readonly files: readonly string[];
  readonly edges: readonly ImportEdge[];
}

/** Reads every TypeScript file under `root`. */
export function readImportGraph(root: string): ImportGraph {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(sep).join('/'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .sort();
  return { files, edges: files.flatMap((file) => readImports(root, file)) };
}

/** Finds every cycle of imports that remain after compilation, each as the list of its files. */
export function findCycles({ files, edges }: ImportGraph): string[][] {
  const next = new Map<string, Set<string>>();
  for (const { from, to, typeOnly } of edges) {
    if (to === undefined || typeOnly) continue;
    next.set(from, (next.get(from) ?? new Set()).add(to));
  }
  const cycles: string[][] = [];
  const done = new Set<string>();
  const walk = (file: string, trail: readonly string[]): void => {
    if (done.has(file)) return;
    const start = trail.indexOf(file);
    if (start >= 0) {
      cycles.push(trail.slice(start));
      return;
    }
    for (const to of next.get(file) ?? []) walk(to, [...trail, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);
  return cycles;
}

/** Finds the pairs of folders that import each other, types included, as `a <> b`. */
export function findMutualFolders({ edges }: ImportGraph): string[] {
  const pairs = new Set<string>();
  for (const { from, to } of edges) {
    if (to !== undefined && unitOf(from) !== unitOf(to)) pairs.add(`${unitOf(from)} ${unitOf(to)}`);
  }
  return [...pairs].flatMap((pair) => {
    const [a = '', b = ''] = pair.split(' ');
    return a < b && pairs.has(`${b} ${a}`) ? [`${a} <> ${b}`] : [];
  });
}

/** Names the npm packages that the entry files and all they import need, types included. */
export function findReachablePackages(
  { edges }: ImportGraph,
  entries: readonly string[],
): Map<string, string> {
  const packages = new Map<string, string>();
  const seen = new Set<string>();
  const queue = [...entries];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const edge of edges.filter(({ from }) => from === file)) {
      if (edge.to !== undefined) queue.push(edge.to);
      if (edge.npm !== undefined && !packages.has(edge.npm)) packages.set(edge.npm, showEdge(edge));
    }
  }
  return packages;
}

/** The row of the import table that a file stands under: its first folder, or its own name at the root. */
export function unitOf(file: string): string {
  return file.split('/')[0] ?? file;
}

/** Renders an import the way a compiler message does: place, then what is imported. */
export function showEdge(edge: ImportEdge): string {
  return `${edge.from}:${String(edge.line)} imports ${edge.typeOnly ? 'types of ' : ''}${edge.to ?? edge.npm ?? ''}`;
}

function readImports(root: string, file: string): ImportEdge[] {
  const text = readFileSync(join(root, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const edges: ImportEdge[] = [];
  const visit = (node: ts.Node): void => {
    const found = readSpecifier(node);
    if (found && !isBuiltin(found.specifier)) {
      const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
      edges.push({ from: file, line, typeOnly: found.typeOnly, ...resolve(file, found.specifier) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return edges;
}

function readSpecifier(node: ts.Node): { specifier: string; typeOnly: boolean } | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier))
    return {
      specifier: node.moduleSpecifier.text,
      typeOnly: node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword,
    };
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier))
    return { specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly };
  if (
    ts.isImportTypeNode(node) &&
    ts.isLiteralTypeNode(node.argument) &&
    ts.isStringLiteral(node.argument.literal)
  )
    return { specifier: node.argument.literal.text, typeOnly: true };
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments;
    if (argument && ts.isStringLiteralLike(argument)) return { specifier: argument.text, typeOnly: false };
  }
  return undefined;
}

function resolve(file: string, specifier: string): Pick<ImportEdge, 'to' | 'npm'> {
  if (!specifier.startsWith('.')) {
    const [scope = '', name = ''] = specifier.split('/');
    return { npm: specifier.startsWith('@') ? `${scope}/${name}` : scope };
  }
  const path = posix.join(dirname(file), specifier);
  return { to: relative('.', path).split(sep).join('/').replace(/\.js$/, '.ts') };
}
