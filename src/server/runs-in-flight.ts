/** The runs that execute now, for whoever must wait until they have written what they write. */

/** Knows the runs. */
export interface RunsInFlight {
  /** Makes a graph tell of its runs. */
  count(graph: object): void;
  /**
   * Resolves when no run executes, on one thread or on any, at the latest after `limitMs`.
   *
   * @returns true when none was left.
   */
  drain(limitMs: number, threadId?: string): Promise<boolean>;
}

/** The way in which the LangGraph server runs a graph; a run of its protocol v2 gives a promise of its events. */
interface StreamedGraph {
  streamEvents(input: unknown, config?: StreamedRunConfig, options?: unknown): RunEvents;
}

type RunEvents = AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>;

interface StreamedRunConfig {
  readonly configurable?: Readonly<Record<string, unknown>>;
}

interface Run {
  readonly threadId: unknown;
  readonly ended: Promise<void>;
}

/** Creates a set without runs. */
export function createRunsInFlight(): RunsInFlight {
  const runs = new Set<Run>();

  async function* counted(events: RunEvents, threadId: unknown): AsyncGenerator {
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const run = { threadId, ended };
    runs.add(run);
    try {
      yield* await events;
    } finally {
      // The LangGraph server records how a run ended right after its events; that record belongs to the run.
      setImmediate(() => {
        runs.delete(run);
        end();
      });
    }
  }

  const executing = (threadId: string | undefined): readonly Promise<void>[] =>
    [...runs].filter((run) => threadId === undefined || run.threadId === threadId).map(({ ended }) => ended);

  return {
    count(graph) {
      // Every compiled graph has it, and the LangGraph server runs graphs through it alone.
      const streamed = graph as StreamedGraph;
      const { streamEvents } = streamed;
      streamed.streamEvents = (input, config, options) =>
        counted(streamEvents.call(graph, input, config, options), config?.configurable?.['thread_id']);
    },
    async drain(limitMs, threadId) {
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, limitMs);
      });
      await Promise.race([limit, Promise.all(executing(threadId))]);
      clearTimeout(timer);
      return executing(threadId).length === 0;
    },
  };
}
