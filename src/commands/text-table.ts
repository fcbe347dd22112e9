/** A table as text for people. */

/** One row: a text for each column. */
export type TextRow = readonly string[];

/** Lays rows out in columns as wide as their longest text; a control character is shown as `?`. */
export function toTextTable(rows: readonly TextRow[]): readonly string[] {
  const shown = rows.map((row) => row.map(toShown));
  const widths = (shown[0] ?? []).map((_title, column) =>
    Math.max(...shown.map((row) => row[column]?.length ?? 0)),
  );
  return shown.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** A text of somebody else’s for one line of a terminal. */
export function toShown(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}
