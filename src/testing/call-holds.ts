/** Tool calls that wait until the test lets them go. */

/** One call that is made to wait. */
export interface HeldCall {
  /** Resolves when the call has arrived and waits. */
  readonly reached: Promise<void>;
  /** Lets it go on; a call that has not come yet does not wait then. */
  release(): void;
}

/** The calls that wait, or will. */
export interface CallHolds {
  /** Makes the next call wait: of one tool, or of any. */
  hold(tool?: string): HeldCall;
  /** Waits when this call is to be held; rejects when its signal fires first. */
  pass(tool: string, signal: AbortSignal): Promise<void>;
  /** Lets every call go. */
  releaseAll(): void;
}

interface Hold {
  readonly tool: string | undefined;
  readonly released: Promise<void>;
  readonly arrive: () => void;
  readonly release: () => void;
}

/** Creates holds; no call waits yet. */
export function createCallHolds(): CallHolds {
  let holds: readonly Hold[] = [];
  let waiting: readonly Hold[] = [];
  const drop = (hold: Hold): void => {
    holds = holds.filter((other) => other !== hold);
    waiting = waiting.filter((other) => other !== hold);
    hold.release();
  };
  return {
    hold: (tool) => {
      const [arrival, end] = [createLatch(), createLatch()];
      const hold: Hold = { tool, arrive: arrival.open, released: end.opened, release: end.open };
      holds = [...holds, hold];
      return { reached: arrival.opened, release: () => drop(hold) };
    },
    pass: async (tool, signal) => {
      const hold = holds.find((candidate) => candidate.tool === undefined || candidate.tool === tool);
      if (hold === undefined) return;
      holds = holds.filter((other) => other !== hold);
      waiting = [...waiting, hold];
      hold.arrive();
      await Promise.race([hold.released, rejectOnAbort(signal)]);
    },
    releaseAll: () => {
      for (const hold of [...holds, ...waiting]) drop(hold);
    },
  };
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = (): void => reject(new DOMException('The held call was cancelled.', 'AbortError'));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

function createLatch(): { readonly opened: Promise<void>; readonly open: () => void } {
  let resolveOpened = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    resolveOpened = resolve;
  });
  return { opened, open: () => resolveOpened() };
}
