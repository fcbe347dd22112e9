/** Reads from Markdown what a test can compare with the code: tables, links, headings, fences. */

/** One table: its header cells in lower case, its rows as cells without code marks. */
export interface MarkdownTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Reads every table of a document. */
export function readTables(markdown: string): MarkdownTable[] {
  const tables: { header: string[]; rows: string[][] }[] = [];
  const lines = markdown.split('\n');
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith('|') || isRule(line)) continue;
    if (isRule(lines[index + 1])) tables.push({ header: toCells(line.toLowerCase()), rows: [] });
    else tables.at(-1)?.rows.push(toCells(line));
  }
  return tables;
}

/** Reads the first column of the table whose first header cell is `name`; undefined when there is no such table. */
export function readColumn(markdown: string, name: string): string[] | undefined {
  const table = readTables(markdown).find(({ header }) => header[0] === name);
  return table?.rows.map(([cell = '']) => cell);
}

/** Reads the targets of links to files and headings, leaving out web addresses and anything in code. */
export function readLocalLinks(markdown: string): string[] {
  const links = readProse(markdown).matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g);
  return [...links].map(([, target = '']) => target).filter((target) => !/^[a-z]+:/.test(target));
}

/** Reads the anchors that a document's headings have on the web. */
export function readAnchors(markdown: string): string[] {
  const headings = withoutFences(markdown).matchAll(/^#{1,6}\s+(.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}

/** Leaves only what a person wrote as prose: no fences, no inline code. */
export function readProse(markdown: string): string {
  return withoutFences(markdown).replace(/`[^`\n]*`/g, '');
}

/** Tells on which line, counted from 1, the first code fence opens; 0 when there is none. */
export function findFirstFence(markdown: string): number {
  return markdown.split('\n').findIndex((line) => line.startsWith('```')) + 1;
}

function withoutFences(markdown: string): string {
  return markdown.replace(/^```[\s\S]*?^```/gm, '');
}

function isRule(line: string | undefined): boolean {
  return line !== undefined && /^\|[\s:|-]+\|\s*$/.test(line) && line.includes('-');
}

function toCells(line: string): string[] {
  return line
    .trim()
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1'));
}
