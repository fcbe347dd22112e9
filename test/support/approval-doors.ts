/** The two ways in which a person’s approval arrives, in process and over HTTP, in the same few verbs. */
import { AIMessage } from '@langchain/core/messages';
import { findFleetError } from '../../src/errors.js';
import type { AgentApi, Json } from './agent-api.js';
import { createAgentApi, openApproval, wholeRequest } from './agent-api.js';
import type { TestAgentServer } from './agent-server.js';
import { startAgentServer } from './agent-server.js';
import { readAuditRows } from './platform-records.js';
import type { Conversation } from './test-agent.js';
import { openConversation, startTestAgent } from './test-agent.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

/** Who presents a decision; the last three are refused before it is read. */
export type Presenter = 'alice' | 'bob' | 'alice of another issuer' | 'alice, expired' | 'nobody';

/** A call that waits for its approval on a thread of Alice’s. */
export interface Waiting {
  readonly thread: string;
  readonly digest: string;
  /** An edit of the call under the same tool: `changes` over its arguments. */
  edit(changes: EditChanges): Json;
}

/** What an edit changes, in the terms of every door. */
export interface EditChanges {
  readonly name?: string;
  readonly tool?: string;
  /** A size: 50 is within the bounds of the call, 1 000 000 is not. */
  readonly size?: number;
}

/** One way for approvals to arrive. */
export interface ApprovalDoor {
  /** Alice asks for a thing on a new thread, and the agent asks her. */
  ask(name: string): Promise<Waiting>;
  /** Answers on a thread: the code or the HTTP status of a refusal, else what became of the run. */
  decide(by: Presenter, thread: string, resume: unknown): Promise<Answered>;
  /** Changes one character of the waiting call’s arguments in the thread’s state. */
  tamper(thread: string): Promise<void>;
  /** Runs on from every checkpoint of the thread, oldest last. */
  replay(thread: string): Promise<void>;
  isOpen(thread: string): Promise<boolean>;
  /** The names of everything the platform was asked to make, once for each call it saw. */
  made(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/**
 * `done`: the run went on. `asked again`: it stopped for the same decision, with what was wrong about the answer.
 * Anything else is the code of an error, or an HTTP status.
 */
export type Answered = string | number;

/** Opens the door in this process. */
export async function openAgentInProcess(): Promise<ApprovalDoor> {
  const agent = await startTestAgent({
    steps: [
      (messages) => {
        const said = messages.at(-1);
        return said?.type === 'human' ? [{ name: 'make_thing', args: { name: said.text } }] : 'done';
      },
    ],
  });
  const { graph, issuer, server } = agent;
  const elsewhere = { ...createTokenIssuer([]), issuer: 'http://localhost/elsewhere' };
  const tokens: Readonly<Record<Presenter, () => string | undefined>> = {
    alice: () => issuer.token('alice'),
    bob: () => issuer.token('bob'),
    'alice of another issuer': () => elsewhere.token('alice', { aud: ['test-agent'] }),
    'alice, expired': () => issuer.token('alice', { iat: 1_000, exp: 2_000 }),
    nobody: () => undefined,
  };
  const as = (by: Presenter, thread: string): Conversation => openConversation(graph, thread, tokens[by]);
  const configOf = (thread: string) => ({ configurable: { thread_id: thread } });
  let threads = 0;
  return {
    ask: async (name) => {
      const thread = `thread-${String((threads += 1))}`;
      const { __interrupt__ } = await as('alice', thread).say(name);
      const action = __interrupt__?.[0]?.value.actionRequests[0];
      if (action === undefined) throw new Error('The agent did not ask.');
      const edit = ({ tool = action.name, ...changes }: EditChanges) => ({
        type: 'edit',
        editedAction: { name: tool, args: { ...action.args, ...changes } },
      });
      return { thread, digest: action.digest, edit };
    },
    decide: async (by, thread, resume) => {
      try {
        const [open] = (await as(by, thread).resume(resume)).__interrupt__ ?? [];
        return open === undefined ? 'done' : 'asked again';
      } catch (error) {
        return findFleetError(error)?.code ?? String(error);
      }
    },
    tamper: async (thread) => {
      const message = (await as('alice', thread).messages()).at(-1);
      if (!AIMessage.isInstance(message)) throw new Error('No call waits.');
      const [call] = message.tool_calls ?? [];
      if (call === undefined) throw new Error('No call waits.');
      const changed = { ...call, args: { ...call.args, name: `${String(call.args['name'])}x` } };
      const forged = new AIMessage({
        content: '',
        tool_calls: [changed],
        ...(message.id === undefined ? {} : { id: message.id }),
      });
      await graph.updateState(configOf(thread), { messages: [forged] }, 'model_request');
    },
    replay: async (thread) => {
      const ids: string[] = [];
      for await (const { config } of graph.getStateHistory(configOf(thread))) {
        ids.push(String(config.configurable?.['checkpoint_id']));
      }
      for (const id of ids) await as('alice', thread).goOn(id);
    },
    isOpen: async (thread) => (await as('alice', thread).approval()) !== undefined,
    made: () => Promise.resolve(server.calls.map(({ args }) => String(args['name']))),
    close: agent.close,
  };
}

/** Opens the door over HTTP. */
export async function openAgentOverHttp(): Promise<ApprovalDoor> {
  const server = await startAgentServer();
  const tokens = await issueTokens(server);
  const as = (by: Presenter): AgentApi => createAgentApi(server.url(), tokens[by]);
  const alice = as('alice');
  const stateOf = async (thread: string) => (await alice.send('GET', `/threads/${thread}/state`)).json;
  return {
    ask: async (name) => {
      const thread = await alice.thread();
      const [action] = openApproval(await alice.say(thread, wholeRequest(name))).actionRequests;
      const edit = ({ tool = action.name, name: resource_name, size }: EditChanges): Json => {
        const spec = { ...action.args.spec, ...(size === undefined ? {} : { allocated_storage_gb: size }) };
        const named = resource_name === undefined ? {} : { resource_name };
        return { type: 'edit', editedAction: { name: tool, args: { ...action.args, ...named, spec } } };
      };
      return { thread, digest: action.digest, edit };
    },
    decide: async (by, thread, resume) => {
      const answer = await as(by).run(thread, { command: { resume } });
      if (answer.status !== 200) return answer.status;
      return openApproval(answer) === undefined ? 'done' : 'asked again';
    },
    tamper: async (thread) => {
      const last = (await stateOf(thread)).values.messages.at(-1);
      const [call] = last.tool_calls;
      const args = { ...call.args, resource_name: `${String(call.args.resource_name)}x` };
      const forged = { ...last, role: 'assistant', tool_calls: [{ ...call, args }] };
      const update = { values: { messages: [forged] }, as_node: 'model_request' };
      const { status } = await alice.send('POST', `/threads/${thread}/state`, update);
      if (status !== 200) throw new Error(`The state was not updated: ${String(status)}`);
    },
    replay: async (thread) => {
      const history = (await alice.send('POST', `/threads/${thread}/history`, { limit: 50 })).json;
      for (const { checkpoint } of history) await alice.run(thread, { input: null, checkpoint });
    },
    isOpen: async (thread) =>
      (await stateOf(thread)).tasks.some(({ interrupts }: Json) => interrupts.length > 0),
    made: async () =>
      (await readAuditRows(server.dataDir))
        .filter(({ action }) => action === 'create_cloud_resource')
        .map(({ name }) => String(name)),
    close: server.remove,
  };
}

async function issueTokens(server: TestAgentServer): Promise<Record<Presenter, string | undefined>> {
  const clock = (): number => Date.now() - 3_600_000;
  return {
    alice: await server.token('alice'),
    bob: await server.token('bob'),
    'alice of another issuer': createTokenIssuer(['graph-fleet', server.platformUrl()]).token('alice'),
    'alice, expired': await server.token('alice', { ttlSeconds: 60, clock }),
    nobody: undefined,
  };
}
