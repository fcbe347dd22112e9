/** What a benchmark found out, and how it is told: one JSON object a line for the program, a table for people. */

/** What a figure is held against. The bound is printed beside it; a timed figure that misses it fails nothing. */
export type Bound = { readonly atMost: number } | { readonly atLeast: number };

/** One figure. */
export interface Figure {
  /** The setting it was measured in, e.g. `2026, 20 ms`. */
  readonly setting: string;
  readonly what: string;
  readonly value: number;
  readonly unit: 'ms' | 'x' | 'requests' | 'KB' | 'MB' | '%' | 'sockets' | 'jobs';
  /** The quarter of samples below and above: from the 25th to the 75th percentile. */
  readonly spread?: readonly [number, number] | undefined;
  /** How many samples it is the median of. */
  readonly samples?: number | undefined;
  readonly bound?: Bound | undefined;
}

/** Whether a figure keeps its bound; undefined for one without. */
export function keepsBound({ value, bound }: Figure): boolean | undefined {
  if (bound === undefined) return undefined;
  return 'atMost' in bound ? value <= bound.atMost : value >= bound.atLeast;
}

/** Gives figures to the program that started this one, or to the terminal. */
export function publish(figures: readonly Figure[]): void {
  for (const figure of figures) process.stdout.write(`${JSON.stringify(figure)}\n`);
}

const headings = ['setting', 'figure', 'value', 'spread', 'bound', ''];

/** Lays figures out as a Markdown table. */
export function toTable(figures: readonly Figure[]): string {
  const rows = [headings, headings.map(() => '---'), ...figures.map(toRow)];
  const widths = headings.map((_heading, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row, index) => {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0, index === 1 ? '-' : ' '));
    return `| ${cells.join(' | ')} |`;
  });
  return lines.join('\n');
}

function toRow(figure: Figure): string[] {
  const { setting, what, value, unit, spread, bound } = figure;
  const kept = keepsBound(figure);
  return [
    setting,
    what,
    `${toDigits(value)} ${unit}`,
    spread === undefined ? '' : `${toDigits(spread[0])} to ${toDigits(spread[1])}`,
    bound === undefined ? '' : toBoundText(bound),
    kept === undefined ? '' : kept ? 'ok' : 'over',
  ];
}

function toBoundText(bound: Bound): string {
  return 'atMost' in bound ? `at most ${String(bound.atMost)}` : `at least ${String(bound.atLeast)}`;
}

function toDigits(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 100 ? 2 : 0);
}
