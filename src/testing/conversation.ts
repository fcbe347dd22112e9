/** A thread of any compiled graph, as one person uses it in process. */
import type { BaseMessage } from '@langchain/core/messages';
import { Command } from '@langchain/langgraph';
import { userTokenKey } from '../runtime/run-config.js';

/** The parts of a compiled graph that a conversation needs; the graph of an agent has them. */
export interface ConversationGraph {
  invoke(input: unknown, config?: RunConfig): Promise<unknown>;
  getState(config: RunConfig): Promise<GraphState>;
}

/** How a run is addressed. */
export interface RunConfig {
  readonly configurable: Record<string, unknown>;
}

/** What a graph keeps of a thread. */
export interface GraphState {
  readonly values: unknown;
  readonly tasks: readonly { readonly interrupts: readonly { readonly value?: unknown }[] }[];
}

/** What a run gives back. */
export interface ConversationState {
  readonly messages: BaseMessage[];
  /** Where the run waits for its person, if it does. */
  readonly __interrupt__?: readonly { readonly value?: unknown }[];
}

/** Which thread, and whose. */
export interface ConversationOptions {
  readonly threadId: string;
  /** Gives the token of each run; undefined for a run without one. */
  readonly token: () => string | undefined;
}

/** One thread as one person uses it. Each method rejects as the graph does. */
export interface Conversation {
  /** Sends a message; runs until the agent answers or asks. */
  say(text: string): Promise<ConversationState>;
  /** Answers the open interrupt. */
  resume(value: unknown): Promise<ConversationState>;
  /** Goes on without input, from a checkpoint when one is named. */
  goOn(checkpointId?: string): Promise<ConversationState>;
  /** Runs with any input at all; `more` joins the `configurable` of the run. */
  invoke(input: unknown, more?: Readonly<Record<string, unknown>>): Promise<ConversationState>;
  /** Reads the thread’s messages, whoever wrote them. */
  messages(): Promise<BaseMessage[]>;
  /** Reads what the open interrupt asks, or undefined: an approval or a sign-in, if the graph is an agent of this library. */
  interrupt(): Promise<unknown>;
}

/** Opens a thread; nothing runs yet. */
export function openConversation(
  graph: ConversationGraph,
  { threadId, token }: ConversationOptions,
): Conversation {
  const thread: RunConfig = { configurable: { thread_id: threadId } };
  const invoke: Conversation['invoke'] = async (input, more = {}) => {
    const configurable = { ...thread.configurable, [userTokenKey]: token(), ...more };
    // An agent’s state has messages; a graph without them is read through `invoke` as its test knows it.
    return (await graph.invoke(input, { configurable })) as ConversationState;
  };
  return {
    invoke,
    say: (text) => invoke({ messages: [{ role: 'user', content: text }] }),
    resume: (value) => invoke(new Command({ resume: value })),
    goOn: (checkpointId) => invoke(null, checkpointId === undefined ? {} : { checkpoint_id: checkpointId }),
    messages: async () => {
      const { values } = await graph.getState(thread);
      // As above; a thread in which nothing ran has no values.
      return (values as Partial<ConversationState>).messages ?? [];
    },
    interrupt: async () => (await graph.getState(thread)).tasks.flatMap((task) => task.interrupts)[0]?.value,
  };
}
