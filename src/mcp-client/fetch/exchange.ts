/** The life of one HTTP request and its answer: what may end it, and what is let go of when it is over. */
import { setMaxListeners } from 'node:events';
import { AnswerLostError } from './answer-failure.js';

/** A timer that fires this much late tells of a process that stood still, in milliseconds. */
const stallMs = 250;
/** What has piled up while it stood still takes a while too. */
const afterStallMs = 1000;

const toSilent = (): Error => new AnswerLostError('silent');

/** One request on its way, until its answer was read or given up. */
export interface Exchange {
  /** For the request: aborts it, and its answer with it. */
  readonly signal: AbortSignal;
  /** Aborts the exchange after a time, for the reason that is made then, unless the returned function is called first. */
  limit(ms: number, toReason?: () => Error): () => void;
  /** Aborts the exchange. Does nothing once it is over. */
  abort(reason: unknown): void;
  /** Says that the exchange is over: no timer and no listener of it is left. Safe to call twice. */
  finish(): void;
}

/**
 * Opens an exchange that ends when its caller aborts. `onOver` is called once, when it is over.
 * The signal is its own and not one of `AbortSignal.any`, so that a caller who lives long keeps nothing of it.
 * A limit that is reached late, because the process stood still, waits once more, for as long as it was late and a
 * second: an answer may have come meanwhile.
 */
export function openExchange(
  caller: AbortSignal | null | undefined,
  onOver: () => void = () => undefined,
): Exchange {
  const controller = new AbortController();
  const timers = new Set<NodeJS.Timeout>();
  let isOver = false;
  const onAbort = (): void => {
    abort(caller?.reason);
  };
  const finish = (): void => {
    if (isOver) return;
    isOver = true;
    caller?.removeEventListener('abort', onAbort);
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    onOver();
  };
  const abort = (reason: unknown): void => {
    if (isOver) return;
    finish();
    controller.abort(reason);
  };
  const limit = (ms: number, toReason: () => Error, mayWait = true): (() => void) => {
    if (isOver) return () => undefined;
    const startedAt = performance.now();
    let undo = (): void => {
      clearTimeout(timer);
      timers.delete(timer);
    };
    const timer = setTimeout(() => {
      undo();
      const lateMs = performance.now() - startedAt - ms;
      if (mayWait && lateMs > stallMs) undo = limit(Math.min(lateMs + afterStallMs, ms), toReason, false);
      else abort(toReason());
    }, ms);
    timers.add(timer);
    return () => {
      undo();
    };
  };
  if (caller) {
    // In the 2025 era all calls of a client have one signal; Node warns of the eleventh, though each lets go of it.
    setMaxListeners(0, caller);
    caller.addEventListener('abort', onAbort, { once: true });
  }
  if (caller?.aborted === true) onAbort();
  return {
    signal: controller.signal,
    limit: (ms, toReason = toSilent) => limit(ms, toReason),
    abort,
    finish,
  };
}
