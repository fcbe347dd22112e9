/** The runs that execute now, so that a server that stops lets them end before it closes what they write to. */

/** Counts runs. */
export interface RunsInFlight {
  /** Makes a graph count its runs. */
  count(graph: object): void;
  /** Resolves when no run executes, at the latest after `limitMs`; true when none was left. */
  drain(limitMs: number): Promise<boolean>;
}

interface StreamedGraph {
  streamEvents(...args: unknown[]): AsyncIterable<unknown>;
}

/** Creates a counter at zero. */
export function createRunsInFlight(): RunsInFlight {
  let running = 0;
  let waiting: (() => void)[] = [];

  const end = (): void => {
    running -= 1;
    if (running > 0) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  };

  async function* counted(events: AsyncIterable<unknown>): AsyncGenerator {
    running += 1;
    try {
      yield* events;
    } finally {
      // The LangGraph server records how a run ended right after its events; that record belongs to the run.
      setImmediate(end);
    }
  }

  return {
    count(graph) {
      // Every compiled graph has it, and the LangGraph server runs graphs through it alone.
      const streamed = graph as StreamedGraph;
      const { streamEvents } = streamed;
      streamed.streamEvents = (...args) => counted(streamEvents.apply(graph, args));
    },
    async drain(limitMs) {
      if (running === 0) return true;
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([
        new Promise<void>((resolve) => waiting.push(resolve)),
        new Promise<void>((resolve) => {
          timer = setTimeout(resolve, limitMs);
        }),
      ]);
      clearTimeout(timer);
      return running === 0;
    },
  };
}
