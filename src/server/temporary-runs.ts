/**
 * Ends the conversation of a run that was asked for without a thread. LangGraph makes a thread for it and deletes the
 * record when the run has ended; it believes that no checkpoint was written, for it takes the graph’s checkpointer away.
 */
import type { BaseCheckpointSaver } from '@langchain/langgraph';

/**
 * The configurable’s key that marks such a run, with the run’s id as its value: LangGraph hands a thread’s configurable
 * on to later runs, which must not be taken for temporary ones.
 */
export const temporaryRunKey = '_temporary_run';

/** The parts of a run’s config that are read. */
interface StreamedRunConfig {
  readonly runId?: unknown;
  readonly configurable?: Readonly<Record<string, unknown>>;
}

/** The way in which the LangGraph server runs a graph; a run of its protocol v2 gives a promise of its events. */
interface StreamedGraph {
  streamEvents(input: unknown, config?: StreamedRunConfig, options?: unknown): RunEvents;
}

type RunEvents = AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>;

/** Makes a graph delete the checkpoints of a temporary run as soon as its events end, however they end. */
export function forgetTemporaryRuns(graph: object, checkpointer: BaseCheckpointSaver): void {
  // Every compiled graph has it; its overloads are too many to repeat.
  const streamed = graph as StreamedGraph;
  const { streamEvents } = streamed;
  streamed.streamEvents = (input, config, options) => {
    const events = streamEvents.call(graph, input, config, options);
    const threadId = temporaryThread(config);
    return threadId === undefined ? events : thenDelete(events, () => checkpointer.deleteThread(threadId));
  };
}

function temporaryThread({ runId, configurable }: StreamedRunConfig = {}): string | undefined {
  const threadId = configurable?.['thread_id'];
  const isTemporary = runId !== undefined && configurable?.[temporaryRunKey] === runId;
  return isTemporary && typeof threadId === 'string' ? threadId : undefined;
}

async function* thenDelete(events: RunEvents, deleteThread: () => Promise<void>): AsyncGenerator {
  try {
    yield* await events;
  } finally {
    await deleteThread();
  }
}
