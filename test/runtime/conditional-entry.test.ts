import { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import { END, MemorySaver, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import type { AgentMiddleware } from 'langchain';
import { createAgent, createMiddleware } from 'langchain';
import { describe, expect, it } from 'vitest';
import type { ConditionalEntry } from '../../src/runtime/conditional-entry.js';
import { addConditionalEntry } from '../../src/runtime/conditional-entry.js';
import { ScriptedModel } from '../../src/testing/scripted-model.js';

const node = 'Guard.before_agent';

const guard = createMiddleware({
  name: 'Guard',
  beforeAgent: { canJumpTo: ['end'], hook: () => undefined },
});

/** Middleware that has these hooks, which do nothing. */
function withHooks(
  name: string,
  ...kinds: readonly ('beforeAgent' | 'beforeModel' | 'afterModel' | 'afterAgent')[]
) {
  const hooks = Object.fromEntries(kinds.map((kind) => [kind, () => undefined]));
  return createMiddleware({ name, ...hooks });
}

type Entry = ConditionalEntry<{ readonly messages: readonly { readonly text: string }[] }>;

const idle: Entry = { node, isIdle: () => true };
const busy: Entry = { node, isIdle: () => false };

function compile(middleware: readonly AgentMiddleware[], entry: Entry) {
  const agent = createAgent({
    model: new ScriptedModel(() => 'done'),
    tools: [],
    checkpointer: new MemorySaver(),
    middleware: [...middleware],
  });
  return addConditionalEntry(agent.graph, entry);
}

type Graph = ReturnType<typeof compile>;

const config = { configurable: { thread_id: 'thread-1' } };
const hello = { messages: [{ role: 'user', content: 'hello' }] };

/** The nodes that a run passes, in their order. */
async function nodesOf(graph: Graph, input: typeof hello = hello): Promise<string[]> {
  const nodes: string[] = [];
  // What the stream mode `updates` gives: each node’s update, by its name.
  for await (const update of await graph.stream(input, { ...config, streamMode: 'updates' as const }))
    nodes.push(...Object.keys(update as object));
  return nodes;
}

describe('addConditionalEntry', () => {
  it('lets a run pass by the hook while it is idle, and through it when it is not', async () => {
    expect(await nodesOf(compile([guard], idle))).toEqual(['model_request']);
    expect(await nodesOf(compile([guard], busy))).toEqual([node, 'model_request']);
  });

  it('asks at each run', async () => {
    const answers = [false, true, false];
    const graph = compile([guard], { node, isIdle: () => answers.shift() ?? false });

    const passed = [await nodesOf(graph), await nodesOf(graph), await nodesOf(graph)];

    expect(passed.map((nodes) => nodes.includes(node))).toEqual([true, false, true]);
  });

  it('asks with the state that the input has made, and with what the run was configured with', async () => {
    const asked: unknown[] = [];
    const graph = compile([guard], {
      node,
      isIdle: ({ messages }, configurable) => {
        asked.push(messages.map(({ text }) => text).join(), configurable?.['thread_id']);
        return true;
      },
    });

    await graph.invoke(hello, config);
    await graph.invoke({ messages: [{ role: 'user', content: 'again' }] }, config);

    expect(asked).toEqual(['hello', 'thread-1', 'hello,done,again', 'thread-1']);
  });

  it.each<[string, AgentMiddleware[], string[]]>([
    ['another hook before the agent', [withHooks('Next', 'beforeAgent')], ['Next.before_agent']],
    ['a hook before the model', [withHooks('Next', 'beforeModel')], ['Next.before_model']],
    ['both', [withHooks('Next', 'beforeModel', 'beforeAgent')], ['Next.before_agent', 'Next.before_model']],
    ['none of them', [withHooks('Next', 'afterModel', 'afterAgent')], []],
  ])('goes on where the hook would, at %s', async (_what, others, before) => {
    const nodes = await nodesOf(compile([guard, ...others], idle));

    expect(nodes.slice(0, nodes.indexOf('model_request'))).toEqual(before);
    expect(nodes).toEqual((await nodesOf(compile([guard, ...others], busy))).slice(1));
  });

  it('goes on where the hook would, wherever else it may jump', async () => {
    const jumping = createMiddleware({
      name: 'Guard',
      beforeAgent: { canJumpTo: ['tools', 'end', 'model'], hook: () => undefined },
    });

    const nodes = await nodesOf(compile([jumping, withHooks('Next', 'beforeModel', 'afterAgent')], idle));

    expect(nodes).toEqual(['Next.before_model', 'model_request', 'Next.after_agent']);
  });

  it('saves the checkpoint of the step', async () => {
    const checkpointsOf = async (graph: Graph): Promise<number> => {
      await graph.invoke(hello, config);
      const steps: unknown[] = [];
      for await (const { metadata } of graph.getStateHistory(config)) steps.push(metadata?.step);
      return steps.length;
    };

    const passing = await checkpointsOf(compile([guard], busy));

    expect(await checkpointsOf(compile([guard], idle))).toBe(passing - 1);
  });

  it('leaves a graph alone in which something else stands before the hook', async () => {
    const graph = compile([withHooks('First', 'beforeAgent'), guard], idle);

    expect(await nodesOf(graph)).toEqual(['First.before_agent', node, 'model_request']);
  });

  it('leaves a graph alone whose hook cannot jump: nothing says there where the hook leads', async () => {
    expect(await nodesOf(compile([withHooks('Guard', 'beforeAgent')], idle))).toEqual([
      node,
      'model_request',
    ]);
  });

  it('leaves a graph alone whose first edge is compiled in another way than it knows', async () => {
    const unknown = { writes: [{ channel: 'start:to:somewhere' }] };
    const graph = {
      nodes: { __start__: { writers: [unknown] } },
      builder: {
        compiled: true,
        edges: new Set([['__start__', node]]),
        branches: { [node]: { condition: { ends: { model_request: 'model_request' } } } },
      },
    };

    addConditionalEntry(graph, idle);

    expect(graph.nodes.__start__.writers).toEqual([unknown]);
    expect(graph.builder.edges.size).toBe(1);
  });

  it('leaves the other ways into a graph as they are', async () => {
    const seen: string[] = [];
    const visit = (name: string) => () => {
      seen.push(name);
      return {};
    };
    const asked: string[] = [];
    const choose = () => {
      asked.push('router');
      return 'chosen';
    };
    const graph = new StateGraph(MessagesAnnotation)
      .addNode('hook', visit('hook'))
      .addNode('model', visit('model'))
      .addNode('beside', visit('beside'))
      .addNode('chosen', visit('chosen'))
      .addNode('again', visit('again'))
      .addEdge('again', 'hook')
      .addEdge(START, 'beside')
      .addEdge(START, 'hook')
      .addConditionalEdges(START, choose, ['chosen', 'again'])
      .addConditionalEdges('hook', () => 'model', ['model', END])
      .compile();

    await addConditionalEntry(graph, { node: 'hook', isIdle: () => true }).invoke(hello);

    expect(seen.toSorted()).toEqual(['beside', 'chosen', 'model']);
    expect(asked).toEqual(['router']);
    expect([...graph.builder.edges].map(([from, to]) => `${from} ${to}`)).toEqual([
      'again hook',
      '__start__ beside',
    ]);
  });

  it('leaves a graph alone that has no such hook', async () => {
    expect(await nodesOf(compile([], idle))).toEqual(['model_request']);
  });

  it('is there once, however often it is added', async () => {
    const graph = addConditionalEntry(compile([guard], idle), busy);

    expect(await nodesOf(graph)).toEqual(['model_request']);
  });

  it('holds in a copy that withConfig makes', async () => {
    const graph = compile([guard], idle).withConfig({ tags: ['a-tag'] });

    expect(await nodesOf(graph)).toEqual(['model_request']);
  });

  it('is drawn as the two ways that a run may begin', async () => {
    const { edges } = await compile([guard], idle).getGraphAsync();

    const first = edges.filter(({ source }) => source === '__start__');
    expect(first.map(({ target, conditional }) => [target, conditional])).toEqual([
      [node, true],
      ['model_request', true],
    ]);
  });

  it('is no run of its own in a trace', async () => {
    const runs: string[] = [];
    const handler = BaseCallbackHandler.fromMethods({
      handleChainStart: (...[, , , , , , , name]) => void runs.push(name ?? ''),
    });

    await compile([guard], idle).invoke(hello, { ...config, callbacks: [handler] });

    expect(runs).toEqual(['LangGraph', '__start__', 'model_request']);
  });
});
