/** One line an event on stderr, as JSON or for people; secrets are taken out and no value can forge a line. */
import { toLogValue } from './log-value.js';

const levels = ['debug', 'info', 'warn', 'error'] as const;
const reservedFields: ReadonlySet<string> = new Set(['time', 'level', 'event']);
// C0, DEL, C1, line and paragraph separators, bidirectional overrides: what a terminal or a line reader obeys.
const controlCharacters = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** How much an event matters: error = someone must act, warn = degraded, info = life cycle, debug = off by default. */
export type LogLevel = (typeof levels)[number];

/** What goes with an event; never a token, a prompt, an argument or a result. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes events; the event's name comes first, e.g. `mcp.tools.loaded`. Never throws. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** Returns a logger that adds these fields to every event. */
  child(fields: LogFields): Logger;
}

/** What {@link createLogger} may be told. */
export interface LoggerOptions {
  /** Events below this level are dropped; default `info`. */
  readonly level?: LogLevel | undefined;
  /** `json`: one object a line; `pretty`: for people; default `pretty` when stderr is a terminal, else `json`. */
  readonly format?: 'json' | 'pretty' | undefined;
  /** Receives each line without its line end; default stderr. */
  readonly write?: ((line: string) => void) | undefined;
  /** Fields of every event. */
  readonly fields?: LogFields | undefined;
}

/** Creates a logger. Every string passes {@link redact}, and control characters in values are escaped. */
export function createLogger(options: LoggerOptions): Logger {
  const { level = 'info', write = writeToStderr, fields: ownFields = {} } = options;
  const format = options.format ?? (process.stderr.isTTY ? 'pretty' : 'json');
  const toLine = format === 'json' ? toJsonLine : toPrettyLine;
  const lowest = levels.indexOf(level);
  const at =
    (eventLevel: LogLevel) =>
    (event: string, fields: LogFields = {}): void => {
      if (levels.indexOf(eventLevel) < lowest) return;
      try {
        write(
          toLine({ time: new Date().toISOString(), level: eventLevel, event }, { ...ownFields, ...fields }),
        );
      } catch {
        // A line that cannot be written must not end the run it tells about.
      }
    };
  return Object.freeze({
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields: LogFields) => createLogger({ level, format, write, fields: { ...ownFields, ...fields } }),
  });
}

/** A logger that writes nothing: for tests, and where a library's user gave none. */
export const silentLogger: Logger = createLogger({ level: 'error', format: 'json', write: () => undefined });

interface LineHead {
  readonly time: string;
  readonly level: LogLevel;
  readonly event: string;
}

function toJsonLine(head: LineHead, fields: LogFields): string {
  return escapeControls(
    JSON.stringify({ ...head, event: String(toLogValue('event', head.event)), ...toEntries(fields) }),
  );
}

function toPrettyLine({ time, level, event }: LineHead, fields: LogFields): string {
  const words = Object.entries(toEntries(fields)).map(([name, value]) => `${name}=${toWord(value)}`);
  const start = `${time.slice(11, 19)} ${level.padEnd(5)} ${String(toLogValue('event', event))}`;
  return escapeControls([start, ...words].join(' '));
}

function toEntries(fields: LogFields): Record<string, unknown> {
  const kept = Object.entries(fields).filter(
    ([name, value]) => value !== undefined && !reservedFields.has(name),
  );
  return Object.fromEntries(kept.map(([name, value]) => [name, toLogValue(name, value)]));
}

function toWord(value: unknown): string {
  return typeof value === 'string' && /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value);
}

function escapeControls(line: string): string {
  return line.replace(
    controlCharacters,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function writeToStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
