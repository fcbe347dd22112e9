/** What a run streams, in the memory of the server that executes it. */
import { createWakeSignal } from './wake-signal.js';

/** One event of a run’s stream. */
export interface RunEvent {
  readonly event: string;
  readonly data: unknown;
  /** Set by LangGraph on what is in the shape of its protocol v2 already. */
  readonly normalized?: boolean;
}

/** An event with the id by which a reader goes on after it. */
export interface NumberedRunEvent extends RunEvent {
  readonly id: string;
}

/** Where a reader begins, and when it stops. */
export interface RunLogReading {
  /**
   * The id of the last event that was read; `-1` for the beginning. Without it a reader of a resumable run begins now, and
   * one of another run at what nobody has read.
   */
  readonly after?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The events of one run. */
export interface RunLog {
  append(event: RunEvent): void;
  /** Says that no event follows; readers end when they have read what is there. */
  end(): void;
  read(reading: RunLogReading): AsyncGenerator<NumberedRunEvent>;
  /** How many events are kept. */
  size(): number;
}

/** What {@link createRunLog} may be told. */
export interface RunLogOptions {
  /** `read` keeps what was read, for a reader that comes again; `unread` drops it. */
  readonly keeps: 'read' | 'unread';
  /** The most events kept; the oldest go, and a reader that is so far behind misses them. Default 20 000. */
  readonly maxEvents?: number;
}

/** How far a long run may grow beyond its bound before it is cut: cutting one by one would copy all for each. */
const slack = 500;

/** Creates an empty log. */
export function createRunLog({ keeps, maxEvents = 20_000 }: RunLogOptions): RunLog {
  const kept = createKeptEvents();
  const changed = createWakeSignal();
  const cursors = new Set<{ position: number }>();
  let readTo = 0;
  let isOver = false;

  const forgetRead = (): void => {
    if (keeps === 'unread')
      kept.dropBefore(Math.min(readTo, ...[...cursors].map(({ position }) => position)));
  };
  const startOf = (after: string): number => {
    if (keeps === 'unread') return readTo;
    const wanted = after === '' ? NaN : Number(after) + 1;
    return Number.isInteger(wanted) && wanted >= 0 ? Math.min(wanted, kept.next()) : kept.next();
  };

  return {
    size: kept.size,
    append(event) {
      if (isOver) return;
      kept.push(event);
      if (kept.size() > maxEvents + slack) kept.dropBefore(kept.next() - maxEvents);
      changed.wake();
    },
    end() {
      isOver = true;
      changed.wake();
    },
    async *read({ after = '', signal }) {
      const cursor = { position: startOf(after) };
      cursors.add(cursor);
      try {
        while (signal?.aborted !== true) {
          cursor.position = Math.max(cursor.position, kept.first());
          const event = kept.at(cursor.position);
          if (event === undefined && isOver) return;
          if (event === undefined) {
            await changed.wait({ signal });
            continue;
          }
          const id = String(cursor.position);
          cursor.position += 1;
          readTo = Math.max(readTo, cursor.position);
          forgetRead();
          yield { ...event, id };
        }
      } finally {
        cursors.delete(cursor);
        forgetRead();
      }
    },
  };
}

/** A list whose beginning goes away, while its positions go on counting from the run’s first event. */
interface KeptEvents {
  first(): number;
  /** The position that the next event gets. */
  next(): number;
  size(): number;
  at(position: number): RunEvent | undefined;
  push(event: RunEvent): void;
  dropBefore(position: number): void;
}

function createKeptEvents(): KeptEvents {
  const events: RunEvent[] = [];
  let first = 0;
  return {
    first: () => first,
    next: () => first + events.length,
    size: () => events.length,
    at: (position) => events[position - first],
    push: (event) => void events.push(event),
    dropBefore: (position) => {
      const dropped = events.splice(0, Math.max(0, position - first));
      first += dropped.length;
    },
  };
}
