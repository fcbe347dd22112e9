/** Reads from a threat list which test holds each threat: `[name](file): "title", "title"` in the last cell of a row. */
import { readTables } from './markdown.js';

/** One row of a threat list. */
export interface ListedThreat {
  readonly threat: string;
  readonly tests: readonly NamedTest[];
}

/** A test file, and the titles in it that are named; none where the file as a whole is meant. */
export interface NamedTest {
  readonly file: string;
  readonly titles: readonly string[];
}

const namedTest = /\[[^\]]+\]\(([^)\s]+)\)(:(?: "[^"]+",?)+)?/g;

/** Reads every row of the tables whose first column is "threat". */
export function readThreats(markdown: string): ListedThreat[] {
  const tables = readTables(markdown).filter(({ header }) => header[0] === 'threat');
  return tables.flatMap(({ rows }) =>
    rows.map((row) => ({ threat: row[0] ?? '', tests: readNamedTests(row.at(-1) ?? '') })),
  );
}

function readNamedTests(cell: string): NamedTest[] {
  return [...cell.matchAll(namedTest)].map(([, file = '', titles = '']) => ({
    file,
    titles: [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title),
  }));
}
