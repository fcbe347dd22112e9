/** What a thread’s checkpoints say of it, for runs that could not tell how they ended. */
import type { StateSnapshot } from '@langchain/langgraph';

/** What a thread came to. */
export interface ThreadOutcome {
  readonly values: Record<string, unknown>;
  /** What waits for an answer, by task. */
  readonly interrupts: Record<string, unknown>;
}

/** The way in which a compiled graph tells its state. */
interface ReadableGraph {
  getState(config: { readonly configurable: object }): Promise<Pick<StateSnapshot, 'values' | 'tasks'>>;
}

/** Reads a thread of a graph. @returns undefined when the graph is not served any more. */
export type ReadThreadOutcome = (threadId: string, graphId: unknown) => Promise<ThreadOutcome | undefined>;

/** Creates the reader over the graphs of this server. */
export function createThreadOutcomes(graphs: ReadonlyMap<string, object>): ReadThreadOutcome {
  return async (threadId, graphId) => {
    const graph = typeof graphId === 'string' ? graphs.get(graphId) : undefined;
    if (graph === undefined) return undefined;
    // Every compiled graph has it.
    const state = await (graph as ReadableGraph).getState({ configurable: { thread_id: threadId } });
    return {
      // The state of a graph is an object of its channels.
      values: state.values as Record<string, unknown>,
      interrupts: Object.fromEntries(state.tasks.map(({ id, interrupts }) => [id, interrupts])),
    };
  };
}

/** Tells whether something waits for an answer. */
export function isWaiting(interrupts: Readonly<Record<string, unknown>> | undefined): boolean {
  return Object.values(interrupts ?? {}).some((each) => Array.isArray(each) && each.length > 0);
}
