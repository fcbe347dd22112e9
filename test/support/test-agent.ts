/** An agent with wrapper tools over a real MCP server on loopback, and the runs of the people who use it. */
import type { BaseMessage } from '@langchain/core/messages';
import { ToolMessage } from '@langchain/core/messages';
import type { StructuredToolInterface } from '@langchain/core/tools';
import type { BaseCheckpointSaver } from '@langchain/langgraph';
import { MemorySaver } from '@langchain/langgraph';
import type { AgentMiddleware } from 'langchain';
import { createAgent } from 'langchain';
import { z } from 'zod';
import type { Logger } from '../../src/logger.js';
import type { ApprovalRequest } from '../../src/middleware/decisions.js';
import type { McpToolsMiddlewareOptions } from '../../src/middleware/mcp-tools.js';
import { mcpToolsMiddleware } from '../../src/middleware/mcp-tools.js';
import { addConditionalEntry } from '../../src/runtime/conditional-entry.js';
import { sealRunConfig } from '../../src/runtime/seal-run-config.js';
import type { Conversation as KitConversation } from '../../src/testing/conversation.js';
import { openConversation as openKitConversation } from '../../src/testing/conversation.js';
import type { WrapperTool } from '../../src/tools/define-wrapper-tool.js';
import { defineWrapperTool } from '../../src/tools/define-wrapper-tool.js';
import type { McpTestServer } from '../../src/testing/mcp-test-server.js';
import type { TestTool } from '../../src/testing/test-tool.js';
import { startMcpTestServer } from '../../src/testing/mcp-test-server.js';
import { textResult } from '../../src/testing/test-tool.js';
import type { Step } from '../../src/testing/scripted-model.js';
import { ScriptedModel } from '../../src/testing/scripted-model.js';
import type { TokenIssuer } from '../../src/testing/token-issuer.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

/** The audience that test tokens carry for the agent itself. */
export const agentAudience = 'test-agent';

/** What the platform of the tests is asked to complete in secret. */
export const secretPassword = 'canary-Password-7391';

/** A read. */
export const whoAmI = defineWrapperTool({
  name: 'who_am_i',
  description: 'Says who calls.',
  schema: z.object({ question: z.string().optional() }),
  class: 'read',
});

/** A write, completed with a password where the call leaves. */
export const makeThing = defineWrapperTool({
  name: 'make_thing',
  description: 'Makes a thing.',
  schema: z.object({
    name: z.string().min(1, 'Give a name.'),
    size: z.int().max(100, 'At most 100.').optional(),
  }),
  class: 'write',
  complete: (args) => ({ ...args, password: secretPassword }),
});

/** The wrappers most tests need: one read, one write. */
export const testWrappers: readonly WrapperTool[] = [whoAmI, makeThing];

/** The live tools behind {@link testWrappers}; each answer carries the subject whose token called. */
export const testTools: Readonly<Record<string, TestTool>> = {
  who_am_i: {
    description: 'The live description of who_am_i.',
    schema: z.object({ question: z.string().optional().describe('A live field.') }),
    run: (args, { subject }) => textResult({ you: subject, ...args }),
  },
  make_thing: {
    schema: z.object({ name: z.string(), size: z.number().optional(), password: z.string() }),
    run: ({ name }, { subject }) => textResult({ made: name, by: subject }),
  },
};

/** What {@link createTestGraph} is made of. */
export interface TestGraphOptions {
  /** The `mcpServers` map, or connections. */
  readonly mcpServers: McpToolsMiddlewareOptions['mcpServers'];
  readonly loading?: McpToolsMiddlewareOptions['loading'];
  readonly issuer: Pick<TokenIssuer, 'issuer' | 'jwks'>;
  readonly model: ScriptedModel;
  readonly wrappers?: readonly WrapperTool[] | undefined;
  /** Tools beside the wrappers. */
  readonly localTools?: readonly StructuredToolInterface[] | undefined;
  readonly checkpointer?: BaseCheckpointSaver | undefined;
  readonly logger?: Logger | undefined;
  /** Middleware whose `afterModel` runs between an approval and its call. */
  readonly middlewareBefore?: readonly AgentMiddleware[] | undefined;
}

/** The state of an agent as tests read it. */
export interface AgentState {
  readonly messages: BaseMessage[];
  readonly __interrupt__?: readonly { readonly value: ApprovalRequest }[];
}

/** Compiles an agent as the product does: middleware first, run config sealed. */
export function createTestGraph(options: TestGraphOptions) {
  const {
    issuer,
    model,
    mcpServers,
    wrappers = testWrappers,
    localTools = [],
    middlewareBefore = [],
    logger,
    loading,
  } = options;
  const { issuer: iss, jwks } = issuer;
  const mcpTools = mcpToolsMiddleware({
    tools: wrappers,
    mcpServers,
    tokens: { issuer: iss, audience: agentAudience, jwks },
    logger,
    loading,
  });
  const middleware: AgentMiddleware[] = [...middlewareBefore, mcpTools];
  const agent = createAgent({
    model,
    tools: [...wrappers, ...localTools],
    checkpointer: options.checkpointer ?? new MemorySaver(),
    middleware,
  });
  return sealRunConfig(addConditionalEntry(agent.graph, mcpTools.entry), mcpTools.admit);
}

/** A compiled agent. */
export type TestGraph = ReturnType<typeof createTestGraph>;

/** One thread as one person uses it. */
export interface Conversation extends Omit<KitConversation, 'say' | 'resume' | 'goOn' | 'invoke'> {
  say(text: string): Promise<AgentState>;
  resume(value: unknown): Promise<AgentState>;
  goOn(checkpointId?: string): Promise<AgentState>;
  invoke(input: unknown, more?: Readonly<Record<string, unknown>>): Promise<AgentState>;
  /** The open approval, if any. */
  approval(): Promise<ApprovalRequest | undefined>;
}

/** Opens a thread with the token that `token` gives for each run. */
export function openConversation(
  graph: TestGraph,
  threadId: string,
  token: () => string | undefined,
): Conversation {
  const conversation = openKitConversation(graph, { threadId, token });
  // What these agents ask for is an approval; where it is another thing the test does not ask for an approval.
  const approval = async () => (await conversation.interrupt()) as ApprovalRequest | undefined;
  return Object.assign(conversation as Omit<Conversation, 'approval'>, { approval });
}

/** A running agent with its server. */
export interface TestAgent {
  readonly server: McpTestServer;
  readonly issuer: TokenIssuer;
  readonly model: ScriptedModel;
  readonly graph: TestGraph;
  readonly checkpointer: BaseCheckpointSaver;
  /** A thread of one person, each run with a fresh token; `claims` replace the usual ones. */
  open(threadId: string, subject: string, claims?: Readonly<Record<string, unknown>>): Conversation;
  close(): Promise<void>;
}

/** What {@link startTestAgent} may be told. */
export interface TestAgentOptions extends Partial<Omit<TestGraphOptions, 'issuer' | 'mcpServers'>> {
  readonly tools?: Readonly<Record<string, TestTool>>;
  readonly steps?: readonly Step[];
  /** Changes to the server’s entry, e.g. `{ callTimeoutMs: 100 }`. */
  readonly entry?: Readonly<Record<string, unknown>>;
}

/** Starts a server and compiles an agent over it. */
export async function startTestAgent(options: TestAgentOptions = {}): Promise<TestAgent> {
  const { tools = testTools, steps = [], entry = {}, ...graphOptions } = options;
  const server = await startMcpTestServer(tools);
  const issuer = createTokenIssuer([agentAudience, server.url]);
  const model = options.model ?? new ScriptedModel(...steps);
  const checkpointer = options.checkpointer ?? new MemorySaver();
  const platform = { type: 'http', url: server.url, auth: { mode: 'forward' }, ...entry };
  const graph = createTestGraph({ ...graphOptions, model, checkpointer, issuer, mcpServers: { platform } });
  return {
    server,
    issuer,
    model,
    graph,
    checkpointer,
    open: (threadId, subject, claims) =>
      openConversation(graph, threadId, () => issuer.token(subject, claims)),
    close: () => server.close(),
  };
}

/** The parsed content of the last tool message. */
export function lastToolAnswer(messages: readonly BaseMessage[]): Record<string, unknown> {
  const answer = messages.findLast((message) => ToolMessage.isInstance(message));
  // Tool answers of the tests are JSON objects.
  return JSON.parse(answer?.text ?? 'null') as Record<string, unknown>;
}

/** Every tool call of a conversation that is not answered right behind it, as OpenAI demands. */
export function unansweredToolCalls(messages: readonly BaseMessage[]): string[] {
  return messages.flatMap((message, index) => {
    if (!('tool_calls' in message) || !Array.isArray(message.tool_calls)) return [];
    const answers = new Set<string>();
    for (let next = index + 1; ToolMessage.isInstance(messages[next]); next += 1) {
      answers.add((messages[next] as ToolMessage).tool_call_id);
    }
    return message.tool_calls.map((call: { id?: string }) => call.id ?? '').filter((id) => !answers.has(id));
  });
}
