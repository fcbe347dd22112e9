/** One run of an agent that creates an instance, on a thread kept in a SQLite file; it may be told when to die over it. */
import { ToolMessage } from '@langchain/core/messages';
import type { BaseCheckpointSaver } from '@langchain/langgraph';
import { createInstance } from '../../src/agents/aws-rds-instance-creator/create-instance.js';
import { openCheckpointer } from '../../src/server/open-checkpointer.js';
import { ScriptedModel } from '../../src/testing/scripted-model.js';
import { audience } from './platform-server.js';
import type { TestGraph } from './test-agent.js';
import { createTestGraph, openConversation } from './test-agent.js';
import { createInput, rdsSpec } from './test-platform.js';

/** The thread of every run. */
export const createThread = 'thread-1';

/** Between two steps of a create: where the process can be killed by itself. */
export type Death = 'once the approval is used' | 'before the answer is stored' | 'once the answer is stored';

/** What a run is made of. */
export interface CreateRun {
  /** The SQLite file. */
  readonly file: string;
  readonly serverUrl: string;
  readonly issuer: {
    readonly issuer: string;
    readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  };
  readonly token: string;
  readonly action: 'ask' | 'approve' | 'go on';
  readonly dies?: Death | undefined;
}

/** What a run ends with. */
export interface CreateOutcome {
  readonly asked: boolean;
  /** What the agent said last: the content of the tool message that it was shown. */
  readonly last: string;
}

/** The agent, over the platform that the run names. */
export function createRunGraph(
  run: Pick<CreateRun, 'issuer' | 'serverUrl'>,
  checkpointer: BaseCheckpointSaver,
): TestGraph {
  return createTestGraph({
    model: new ScriptedModel((messages) => {
      const last = messages.at(-1);
      return last?.type === 'human'
        ? [{ name: 'create_cloud_resource', args: wantedInstance }]
        : (last?.text ?? '');
    }),
    wrappers: [createInstance],
    checkpointer,
    issuer: run.issuer,
    mcpServers: {
      'cloud-platform': { type: 'http', url: run.serverUrl, auth: { mode: 'forward', audience } },
    },
  });
}

/** Runs a graph once on the one thread there is. */
export async function act(
  graph: TestGraph,
  { token, action }: Pick<CreateRun, 'token' | 'action'>,
): Promise<CreateOutcome> {
  const thread = openConversation(graph, createThread, () => token);
  const actions = {
    ask: () => thread.say('make it'),
    approve: () => thread.resume({ decisions: [{ type: 'approve' }] }),
    'go on': () => thread.goOn(),
  };
  const state = await actions[action]();
  return { asked: state.__interrupt__ !== undefined, last: state.messages.at(-1)?.text ?? '' };
}

/** Runs the agent once. Its process dies over it when the run says so. */
export async function runCreate(run: CreateRun): Promise<CreateOutcome> {
  const { checkpointer, close } = await openCheckpointer({ url: undefined, file: run.file });
  if (run.dies !== undefined) dieAt(run.dies, checkpointer);
  try {
    return await act(createRunGraph(run, checkpointer), run);
  } finally {
    await close();
  }
}

const { password: _, ...openSpec } = rdsSpec;
const wantedInstance = createInput({ spec: openSpec });

function dieAt(death: Death, checkpointer: BaseCheckpointSaver): void {
  const putWrites = checkpointer.putWrites.bind(checkpointer);
  checkpointer.putWrites = async (config, writes, taskId) => {
    const isUse = writes.some(([channel]) => channel.startsWith('used:'));
    const isAnswer = writes.some(
      ([channel, value]) =>
        channel === 'messages' && [value].flat().some((message) => ToolMessage.isInstance(message)),
    );
    if (isAnswer && death === 'before the answer is stored') await die();
    await putWrites(config, writes, taskId);
    if (isUse && death === 'once the approval is used') await die();
    if (isAnswer && death === 'once the answer is stored') await die();
  };
}

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}
