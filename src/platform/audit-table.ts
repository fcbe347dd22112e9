/** The audit trail as text for people. */
import type { AuditRow } from './platform-tables.js';

const columns: readonly (readonly [title: string, width: number, read: (row: AuditRow) => string])[] = [
  ['#', 5, (row) => String(row.seq)],
  ['time', 24, (row) => row.recorded_at],
  ['who', 12, (row) => row.subject],
  ['action', 25, (row) => row.action],
  ['where', 16, (row) => [row.organization, row.environment].filter((part) => part !== null).join('/')],
  ['what', 30, (row) => [row.kind, row.name].filter((part) => part !== null).join(' ')],
  ['decision', 8, (row) => row.decision],
  ['outcome', 21, (row) => row.outcome],
  ['reason', 0, (row) => row.reason],
];

/** The line of titles. */
export function auditTableHead(): string {
  return toLine(columns.map(([title, width]) => title.padEnd(width)));
}

/** One record as a line; long values push the rest to the right and are never cut. */
export function toAuditLine(row: AuditRow): string {
  return toLine(columns.map(([, width, read]) => read(row).padEnd(width)));
}

function toLine(cells: readonly string[]): string {
  return cells.join('  ').trimEnd();
}
