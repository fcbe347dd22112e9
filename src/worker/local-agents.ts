/** Runs the graphs of `langgraph.json` in this process, on checkpoints in PostgreSQL. */
import type { BaseCheckpointSaver, StateSnapshot } from '@langchain/langgraph';
import { Command, RunControl, isGraphDrained } from '@langchain/langgraph';
import { userTokenKey } from '../runtime/run-config.js';
import { readThreadOwner } from '../runtime/thread-claims.js';
import { requireOwner } from '../runtime/thread-owner.js';
import type { AgentRun, Agents } from './agent-runs.js';
import { RunDrainedError } from './agent-runs.js';
import type { JobEnd } from './job-ends.js';
import { endWith } from './job-ends.js';
import type { HeldJob } from './job-record.js';
import type { NextStep } from './next-step.js';
import { nextStep } from './next-step.js';
import { createStreamReader } from './stream-events.js';
import type { ThreadView } from './thread-view.js';
import { readMessages } from './thread-view.js';
import { toTurnEnd } from './turn-end.js';

/** What {@link createLocalAgents} needs. */
export interface LocalAgentsOptions {
  /** The compiled graphs by id, their checkpointer in place. */
  readonly graphs: ReadonlyMap<string, object>;
  readonly checkpointer: BaseCheckpointSaver;
  readonly close: () => Promise<void>;
}

/** The part of a compiled graph that is used here. */
interface Graph {
  getState(config: object): Promise<StateSnapshot>;
  stream(input: unknown, config: object): Promise<AsyncIterable<readonly [mode: string, payload: unknown]>>;
}

/** Creates the agents. Their graphs must be sealed by `sealRunConfig`. */
export function createLocalAgents({ graphs, checkpointer, close }: LocalAgentsOptions): Agents {
  return {
    async run(run) {
      // Every compiled graph has these functions; its own types are too many to repeat.
      const graph = graphs.get(run.job.agent) as Graph | undefined;
      if (graph === undefined) return endWith('refused', 'agent-unknown');
      // Before anything of the thread is looked at: a stranger must not learn what stands there.
      requireOwner(await readThreadOwner(checkpointer, run.job.threadId), run.principal);
      return runGraph(graph, run);
    },
    async findAway() {
      try {
        await checkpointer.getTuple({ configurable: { thread_id: 'graph-fleet:away', checkpoint_ns: '' } });
        return undefined;
      } catch {
        return 'postgresql';
      }
    },
    close,
  };
}

async function runGraph(graph: Graph, run: AgentRun): Promise<JobEnd> {
  const { job } = run;
  const before = await readView(graph, job.threadId);
  const step = nextStep(job, before);
  if (step.kind === 'refuse') return endWith('refused', step.code);
  if (step.kind === 'over') return toTurnEnd(job, before);
  if (step.kind === 'answer' && job.decisions !== undefined) await run.onAnswer();
  await streamRun(graph, run, { input: toInput(job, step), before });
  return toTurnEnd(job, await readView(graph, job.threadId));
}

function toInput(job: HeldJob, step: NextStep): unknown {
  if (step.kind === 'send') return { messages: [{ role: 'user', content: job.text, id: job.root }] };
  return step.kind === 'answer' ? new Command({ resume: step.resume }) : null;
}

interface GraphStep {
  readonly input: unknown;
  readonly before: ThreadView;
}

async function streamRun(graph: Graph, run: AgentRun, { input, before }: GraphStep): Promise<void> {
  const { job, token, signal } = run;
  const control = new RunControl();
  run.onDrain(() => {
    control.requestDrain('stopping');
  });
  const reader = createStreamReader(before);
  try {
    const chunks = await graph.stream(input, {
      streamMode: ['messages', 'updates', 'custom'],
      signal,
      control,
      configurable: { thread_id: job.threadId, [userTokenKey]: token, org: job.org, env: job.env },
    });
    for await (const [mode, payload] of chunks) {
      for (const event of reader.read(mode, payload)) await run.tell(event);
    }
  } catch (error) {
    if (isGraphDrained(error)) throw new RunDrainedError();
    throw error;
  }
}

async function readView(graph: Graph, threadId: string): Promise<ThreadView> {
  const snapshot = await graph.getState({ configurable: { thread_id: threadId } });
  const open = snapshot.tasks.flatMap(({ interrupts }) =>
    interrupts.map(({ id, value }: { id?: string; value?: unknown }) => ({ id: id ?? '', value })),
  );
  // Not `next`, which leaves out a step whose work was stored by a worker that died before it stored the step’s end.
  return { messages: readMessages(snapshot.values), open, hasNext: snapshot.tasks.length > 0 };
}
