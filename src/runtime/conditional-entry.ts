/**
 * A conditional entry point of a compiled agent: a turn in which the middleware has nothing to do before the agent
 * passes by its node. A node costs a step of LangGraph, with a checkpoint of the whole state; the router stands in the
 * step that takes in the input, which every turn has.
 */
import { RunnableLambda } from '@langchain/core/runnables';
import { START } from '@langchain/langgraph';
import type { Configurable } from './run-config.js';

/** The `beforeAgent` hook that may be passed by. */
export interface ConditionalEntry<State> {
  /** Its node in the graph. */
  readonly node: string;
  /**
   * Whether the hook would change nothing now, and wait for nothing. It does not wait either, since the run’s input is
   * not stored before it has answered, and it does not throw: what is wrong with a run is the hook’s to say.
   */
  isIdle(state: State, configurable: Configurable | undefined): boolean;
}

/** The public parts of a `CompiledStateGraph` that its first edge is made of. */
interface EntryParts {
  readonly nodes: Readonly<Record<string, { readonly writers: unknown[] } | undefined>>;
  readonly builder: {
    compiled: boolean;
    readonly edges: Set<readonly [from: string, to: string]>;
    readonly branches: Readonly<Record<string, Readonly<Record<string, EntryBranch>> | undefined>>;
    addConditionalEdges(from: string, router: unknown, ends: readonly string[]): unknown;
  };
  attachBranch(from: string, name: string, branch: EntryBranch): unknown;
}

interface EntryBranch {
  /** Where it leads, by what its router answers. */
  readonly ends?: Readonly<Record<string, string>>;
}

/**
 * Puts a router before the hook, which must be able to jump (`canJumpTo`). A graph that does not begin with the hook’s
 * node is left as it is: what stands before the hook has to run before it.
 *
 * The router reads the state with the input in it, so that LangGraph applies the reducers of the input twice; a reducer
 * must not change what it is given, as LangGraph asks anyway.
 *
 * @returns the same graph.
 */
export function addConditionalEntry<State, Graph extends object>(
  graph: Graph,
  entry: ConditionalEntry<State>,
): Graph {
  // The types of a compiled graph name its nodes and its state; nothing of either is needed here.
  const parts = graph as unknown as EntryParts;
  const { nodes, builder } = parts;
  const next = findNext(builder.branches[entry.node]);
  // A compiled edge is a writer of the node that it leaves.
  const writers = nodes[START]?.writers ?? [];
  const written = writers.findIndex((writer) => isEdgeTo(writer, entry.node));
  if (next === undefined || written < 0) return graph;
  attachRouter(parts, toRouter(entry, next), [entry.node, next]);
  writers.splice(written, 1);
  for (const edge of builder.edges)
    if (edge[0] === START && edge[1] === entry.node) builder.edges.delete(edge);
  return graph;
}

function attachRouter(parts: EntryParts, router: { getName(): string }, ends: readonly string[]): void {
  const { builder } = parts;
  // LangGraph warns that what is added now is not in the compiled graph; here it is attached to it.
  builder.compiled = false;
  builder.addConditionalEdges(START, router, ends);
  builder.compiled = true;
  const name = router.getName();
  const branch = builder.branches[START]?.[name];
  if (branch !== undefined) parts.attachBranch(START, name, branch);
}

/** Where a turn goes on behind the hook: createAgent names that first, and where the hook may jump to after it. */
function findNext(branches: Readonly<Record<string, EntryBranch>> | undefined): string | undefined {
  const [branch] = Object.values(branches ?? {});
  return Object.keys(branch?.ends ?? {})[0];
}

function isEdgeTo(writer: unknown, node: string): boolean {
  if (typeof writer !== 'object' || writer === null || !('writes' in writer)) return false;
  // What a ChannelWrite holds; an edge writes one channel.
  const [write] = writer.writes as readonly { readonly channel?: unknown }[];
  return write?.channel === `branch:to:${node}`;
}

function toRouter<State>({ node, isIdle }: ConditionalEntry<State>, next: string) {
  const route = (state: State, { configurable }: { readonly configurable?: Configurable }): string =>
    isIdle(state, configurable) ? next : node;
  // Called as it is: a run of its own in the trace would carry the whole state once more.
  return Object.assign(RunnableLambda.from(route), { invoke: route, name: `before ${node}` });
}
