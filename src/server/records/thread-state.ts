/** The states of threads: read from the checkpoints through the graph, changed only while no run is under way. */
import { Command, Send } from '@langchain/langgraph';
import { getGraph } from '@langchain/langgraph-api/graph';
import type {
  RunCommand,
  RunnableConfig,
  Thread,
  ThreadsRepo,
  ThreadsStateRepo,
} from '@langchain/langgraph-api/storage';
import { HTTPException } from 'hono/http-exception';
import { authorizeEvent, isVisible } from './authorize-event.js';
import type { RecordDatabase } from './record-database.js';
import { findUnfinishedRuns } from './run-lookup.js';
import { toStored } from './stored-json.js';
import { isWaiting } from './thread-outcome.js';

type Graph = Awaited<ReturnType<typeof getGraph>>;
type Caller = Parameters<ThreadsRepo['get']>[1];
type Superstep = Parameters<ThreadsStateRepo['bulk']>[1][number];

/** Creates the states of the threads that `getThread` finds. */
export function createThreadState(database: RecordDatabase, getThread: ThreadsRepo['get']): ThreadsStateRepo {
  const get: ThreadsStateRepo['get'] = async (config, options, caller) => {
    const threadId = config.configurable?.thread_id;
    const thread = threadId === undefined ? undefined : await getThread(threadId, caller);
    if (thread === undefined || graphIdOf(thread) === undefined) return noState;
    const graph = await graphOf(thread, 'threads.read');
    const state = await graph.getState(config, { subgraphs: options.subgraphs ?? false });
    // The root’s namespace is no news; the object is this call’s own.
    const metadata: object = state.metadata ?? {};
    if ('checkpoint_ns' in metadata && metadata.checkpoint_ns === '') delete metadata.checkpoint_ns;
    return state;
  };

  const change = async (
    config: RunnableConfig,
    caller: Caller,
    apply: (graph: Graph, config: RunnableConfig) => Promise<RunnableConfig>,
  ): Promise<{ checkpoint: Record<string, unknown> | undefined }> => {
    const threadId = config.configurable?.thread_id ?? '';
    const [filters] = await authorizeEvent(caller, 'threads:update', { thread_id: threadId });
    const thread = await getThread(threadId, caller);
    if (!isVisible(thread.metadata, filters)) throw new HTTPException(403);
    await requireRest(database, threadId);
    const graphId = graphIdOf(thread);
    if (graphId === undefined)
      throw new HTTPException(400, { message: `Thread ${threadId} has no graph ID` });
    const graph = await graphOf(thread, 'threads.update');
    const { configurable } = config;
    const whole = { ...config, configurable: { graph_id: graphId, checkpoint_ns: '', ...configurable } };
    const next = await apply(graph, structuredClone(whole));
    await writeState(database, threadId, await get({ configurable: { thread_id: threadId } }, {}, caller));
    return { checkpoint: next.configurable };
  };

  return {
    get,
    // LangGraph’s route calls it with four arguments.
    post: (...[config, values, asNode, caller]) =>
      change(config, caller, (graph, whole) => graph.updateState(whole, values, asNode)),
    bulk: async (config, supersteps, caller) =>
      config.configurable?.thread_id === undefined
        ? []
        : change(config, caller, (graph, whole) => graph.bulkUpdateState(whole, supersteps.map(toSuperstep))),
    async list(config, options, caller) {
      const threadId = config.configurable?.thread_id;
      if (threadId === undefined) return [];
      const thread = await getThread(threadId, caller);
      if (graphIdOf(thread) === undefined) return [];
      const graph = await graphOf(thread, 'threads.read');
      const { limit = 10, before: at, metadata: filter } = options;
      const before = typeof at === 'string' ? { configurable: { checkpoint_id: at } } : at;
      const states = [];
      const history = { limit, ...(before && { before }), ...(filter && { filter }) };
      for await (const state of graph.getStateHistory(config, history)) states.push(state);
      return states;
    },
  };
}

type State = Awaited<ReturnType<ThreadsStateRepo['get']>>;

/** The state of a thread that no graph has run on. */
const noState: State = { values: {}, next: [], config: {}, tasks: [] };

function graphIdOf({ metadata }: Thread): string | undefined {
  const id = metadata?.['graph_id'];
  return typeof id === 'string' ? id : undefined;
}

async function graphOf(thread: Thread, accessContext: 'threads.read' | 'threads.update'): Promise<Graph> {
  return getGraph(graphIdOf(thread) ?? '', thread.config, { accessContext });
}

/** A change beside a run would be lost, or the run’s would. @throws {@link HTTPException} 409. */
async function requireRest(database: RecordDatabase, threadId: string): Promise<void> {
  const runs = await findUnfinishedRuns(database, threadId);
  if (runs.length > 0) throw new HTTPException(409, { message: 'Thread is busy' });
}

/** What a change left open, and what it closed, is what the thread says from then on. */
async function writeState(database: RecordDatabase, threadId: string, state: State): Promise<void> {
  const interrupts = Object.fromEntries(state.tasks.map(({ id, interrupts: open }) => [id, open]));
  await database.change(async (change) => {
    const row = await database.lockThread(change, threadId);
    if (row === undefined) return;
    const rested = row.status === 'interrupted' ? 'idle' : row.status;
    await change
      .updateTable('agent_threads')
      .set({
        state_values: toStored(state.values),
        interrupts: toStored(interrupts),
        status: isWaiting(interrupts) && rested !== 'busy' ? 'interrupted' : rested,
      })
      .where('thread_id', '=', threadId)
      .execute();
  });
}

function toSuperstep({ updates }: Superstep): Parameters<Graph['bulkUpdateState']>[1][number] {
  return {
    updates: updates.map(({ command, values, as_node }) => ({
      values: command === undefined || command === null ? values : toCommand(command),
      ...(as_node === undefined ? {} : { asNode: as_node }),
    })),
  };
}

/** The command that a client’s JSON stands for, as the LangGraph server reads it. */
function toCommand({ goto = [], update, resume }: RunCommand): Command {
  const targets = Array.isArray(goto) ? goto : [goto];
  return new Command({
    goto: targets.map((target) =>
      typeof target === 'string' ? target : new Send(target.node, target.input),
    ),
    ...(update === undefined ? {} : { update }),
    ...(resume === undefined ? {} : { resume }),
  });
}
