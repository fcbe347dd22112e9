/** Tells what a job does: in order, with small pieces of text joined, and bounded. */
import type { JobEvent } from '../contracts/worker-jobs.js';
import type { Attempt } from './job-attempts.js';

/** Tells the events of one attempt. */
export interface JobTeller {
  /** Tells an event behind those before it; a piece of text may wait for more. @throws {@link AttemptLostError} */
  tell(event: JobEvent): Promise<void>;
  /** Tells what still waits. @throws {@link AttemptLostError} */
  flush(): Promise<void>;
}

/** What {@link createJobTeller} may be told. */
export interface JobTellerOptions {
  /** How long a piece of text may wait for more, in milliseconds; default 50. */
  readonly joinMs?: number | undefined;
  /** Called when a waiting piece could not be told; the next `tell` throws the same. */
  readonly onFailed?: ((error: unknown) => void) | undefined;
}

/** A piece is told when it has this many characters. */
const wholePiece = 2_000;
/** A tool’s answer is told up to this length; the agent has all of it. */
const maxContent = 20_000;
const maxProgress = 16_000;
/** Beyond this many, pieces of text and progress are left out: the end tells the whole answer. */
const maxPieces = 10_000;

type TextEvent = Extract<JobEvent, { type: 'text' }>;

/** Creates the teller of an attempt. */
export function createJobTeller(attempt: Attempt, options: JobTellerOptions = {}): JobTeller {
  const { joinMs = 50, onFailed } = options;
  let waiting: TextEvent | undefined;
  let timer: NodeJS.Timeout | undefined;
  let pieces = 0;
  let telling: Promise<void> = Promise.resolve();

  const takeWaiting = (): JobEvent[] => {
    clearTimeout(timer);
    timer = undefined;
    const taken = waiting;
    waiting = undefined;
    return taken === undefined ? [] : [taken];
  };
  const send = (events: readonly JobEvent[]): Promise<void> => {
    telling = telling.then(() => attempt.tell(events));
    // Whoever asked for it meets the failure; the chain alone must not end the process.
    telling.catch(() => undefined);
    return telling;
  };
  const sendWaiting = (): void => {
    send(takeWaiting()).catch((error: unknown) => onFailed?.(error));
  };

  const join = async (event: TextEvent): Promise<void> => {
    if (waiting !== undefined && waiting.messageId !== event.messageId) await send(takeWaiting());
    waiting = { ...event, text: (waiting?.text ?? '') + event.text };
    if (waiting.text.length >= wholePiece) return send(takeWaiting());
    timer ??= setTimeout(sendWaiting, joinMs);
    return undefined;
  };

  return {
    async tell(event) {
      const isPiece = event.type === 'text' || event.type === 'progress';
      if (isPiece && (pieces += 1) > maxPieces) return;
      if (event.type === 'text') await join(event);
      else await send([...takeWaiting(), toBounded(event)]);
    },
    flush: () => send(takeWaiting()),
  };
}

function toBounded(event: JobEvent): JobEvent {
  if (event.type === 'tool-result' && event.content.length > maxContent)
    return { ...event, content: `${event.content.slice(0, maxContent)}…` };
  if (event.type === 'progress' && JSON.stringify(event.data ?? null).length > maxProgress)
    return { ...event, data: { leftOut: 'It was too long.' } };
  return event;
}
