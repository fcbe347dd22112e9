/** What a server’s process writes to stderr, as log lines: cut, counted and without its secrets. */
import type { Logger } from '../logger.js';
import type { SecretRedactor } from './secret-redactor.js';

/** The most characters of one line, and the most lines of one minute. */
const maxLineLength = 500;
const maxLinesAMinute = 100;
const minuteMs = 60_000;

/** Takes one process’s stderr. */
export interface ErrorOutput {
  write(chunk: Buffer): void;
  /** Logs what stands without a line end, and how many lines were left out. */
  end(): void;
}

/** What {@link createErrorOutput} is made of. */
export interface ErrorOutputOptions {
  /** Name of the server. */
  readonly server: string;
  readonly redactor: SecretRedactor;
  readonly logger: Logger;
  /** The time in milliseconds; default `Date.now`. */
  readonly clock?: (() => number) | undefined;
}

/** Creates the log of one process: `mcp.server.stderr` for a line, `mcp.server.stderr-cut` for lines left out. */
export function createErrorOutput(options: ErrorOutputOptions): ErrorOutput {
  const { server, redactor, logger, clock = Date.now } = options;
  const decoder = new TextDecoder();
  let line = '';
  let minute = { startedAt: clock(), lines: 0, leftOut: 0 };

  const tellLeftOut = (): void => {
    if (minute.leftOut > 0) logger.warn('mcp.server.stderr-cut', { server, lines: minute.leftOut });
  };
  const log = (whole: string): void => {
    if (whole.trim() === '') return;
    if (clock() - minute.startedAt >= minuteMs) {
      tellLeftOut();
      minute = { startedAt: clock(), lines: 0, leftOut: 0 };
    }
    minute.lines += 1;
    if (minute.lines > maxLinesAMinute) minute.leftOut += 1;
    // Redacted before it is cut, so that no half of a secret is left; the reader keeps more than is shown for that.
    else logger.info('mcp.server.stderr', { server, line: redactor.text(whole).slice(0, maxLineLength) });
  };
  const append = (text: string): void => {
    // Eight times what is shown: the rest of a longer line is dropped.
    if (line.length < maxLineLength * 8) line += text;
  };

  return {
    write(chunk) {
      const pieces = decoder.decode(chunk, { stream: true }).split('\n');
      for (const [index, piece] of pieces.entries()) {
        if (index > 0) {
          log(line);
          line = '';
        }
        append(piece);
      }
    },
    end() {
      log(line);
      line = '';
      tellLeftOut();
      minute.leftOut = 0;
    },
  };
}
