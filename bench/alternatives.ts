/** The ways to give an agent its tools that the figures compare; each does the same work. */
import type { BaseMessage } from '@langchain/core/messages';
import type { StructuredToolInterface } from '@langchain/core/tools';
import { MultiServerMCPClient } from '@langchain/mcp-adapters';
import { MemorySaver } from '@langchain/langgraph';
import type { AgentMiddleware } from 'langchain';
import { createAgent, createMiddleware, tool } from 'langchain';
import { mcpToolsMiddleware } from '../src/middleware/mcp-tools.js';
import type { RunSources } from '../src/middleware/connect-slots.js';
import type { ConditionalEntry } from '../src/runtime/conditional-entry.js';
import { addConditionalEntry } from '../src/runtime/conditional-entry.js';
import { sealRunConfig } from '../src/runtime/seal-run-config.js';
import { defineWrapperTool } from '../src/tools/define-wrapper-tool.js';
import type { BenchServers } from './bench-servers.js';
import { agentAudience, serverAudience } from './bench-servers.js';
import { answerTool, askForTool, createModel, requireDone, toolArguments, toolNames } from './workload.js';

/** One way to give an agent its tools. */
export interface Alternative {
  readonly name: string;
  /** Runs a turn with one tool call. */
  turn(visit: Visit): Promise<void>;
  /** Forgets a thread, so that what is left in memory is not the conversation. */
  forget(threadId: string): Promise<void>;
}

/** Who says what on which thread. */
export interface Visit {
  readonly threadId: string;
  /** The token of the person; only the alternatives that act as persons read it. */
  readonly token?: string | undefined;
  readonly text?: string | undefined;
}

/** The part of a compiled agent that a turn needs. */
interface Invocable {
  invoke(input: unknown, config?: { configurable: Record<string, unknown> }): Promise<unknown>;
}

/** What an agent is made with. */
export interface AgentOptions {
  readonly name: string;
  readonly tools: readonly StructuredToolInterface[];
  readonly middleware?: readonly AgentMiddleware[];
  /** A hook of the first middleware that turns may pass by. */
  readonly entry?: ConditionalEntry<never>;
  readonly onModel?: (() => void) | undefined;
}

/** An agent whose tools are there at compile time. */
export function createPlainAlternative({ name, onModel, ...options }: AgentOptions): Alternative {
  const checkpointer = new MemorySaver();
  const agent = compile({ ...options, name, onModel }, checkpointer);
  return toAlternative(name, (visit) => runTurn(agent, visit), checkpointer);
}

/** The alternatives that the turns of a conversation are measured with. */
export const alternativeNames = ['a', 'b', 'b+hooks', 'c', 'ours'] as const;

/** A name of {@link alternativeNames}. */
export type AlternativeName = (typeof alternativeNames)[number];

/** Makes one of them. */
export async function createAlternative(
  name: AlternativeName,
  servers: UsedServers & Pick<BenchServers, 'token'>,
): Promise<Alternative> {
  if (name === 'a') return createPlainAlternative({ name, tools: createLocalTools() });
  if (name === 'c') return createFactoryAlternative(servers);
  if (name === 'ours') return createOurAlternative(servers);
  const { tools } = await loadSharedTools(servers);
  return createPlainAlternative({ name, tools, middleware: name === 'b' ? [] : [createEmptyHooks()] });
}

/** What an alternative knows of the servers. */
export type UsedServers = Pick<BenchServers, 'urls' | 'issuer' | 'jwks'>;

/** (a): local tools and no MCP. */
export function createLocalTools(): StructuredToolInterface[] {
  return toolNames.map((name) =>
    tool((args) => answerTool(args), {
      name,
      description: `${name}: of this process.`,
      schema: toolArguments,
    }),
  );
}

/** Hooks that do nothing, of the same kinds as ours has for the wrappers of the workload, which only read. */
export function createEmptyHooks(): AgentMiddleware {
  return createMiddleware({
    name: 'EmptyHooks',
    beforeAgent: { canJumpTo: ['end'], hook: async () => undefined },
    wrapModelCall: async (request, handler) => handler(request),
    wrapToolCall: async (request, handler) => handler(request),
  });
}

/** The tools that (b) loads at start, for one shared identity, and what closes their connections. */
export async function loadSharedTools(
  servers: Pick<BenchServers, 'urls' | 'token'>,
): Promise<{ readonly tools: StructuredToolInterface[]; readonly close: () => Promise<void> }> {
  const client = createAdapterClient(servers.urls, await servers.token('service'));
  return { tools: await client.getTools(), close: () => client.close() };
}

/** (c): a graph factory that connects and lists for every run, as the person who runs. */
export function createFactoryAlternative({ urls }: UsedServers, onModel?: () => void): Alternative {
  const checkpointer = new MemorySaver();
  const name = 'c';
  const turn = async (visit: Visit): Promise<void> => {
    const client = createAdapterClient(urls, visit.token ?? '');
    try {
      const agent = compile({ name, tools: await client.getTools(), onModel }, checkpointer);
      await runTurn(agent, visit);
    } finally {
      await client.close();
    }
  };
  return toAlternative(name, turn, checkpointer);
}

/** What {@link createOurAlternative} may be told. */
export interface OurOptions {
  readonly onModel?: (() => void) | undefined;
  /** What replaces the usual connections. */
  readonly sources?: Partial<RunSources>;
}

/** Ours: wrappers in a graph that is compiled once, and the middleware. */
export function createOurAlternative(servers: UsedServers, options: OurOptions = {}): Alternative {
  const checkpointer = new MemorySaver();
  const tools = createWrappers();
  const mcpTools = mcpToolsMiddleware({ tools, ...ourSources(servers), ...options.sources });
  const agent = createAgent({
    model: createModel(options.onModel),
    tools,
    checkpointer,
    middleware: [mcpTools],
  });
  const graph = sealRunConfig(addConditionalEntry(agent.graph, mcpTools.entry), mcpTools.admit);
  return toAlternative('ours', (visit) => runTurn(graph, visit), checkpointer);
}

/** The wrappers of the workload’s tools. */
export function createWrappers() {
  return toolNames.map((name) =>
    defineWrapperTool({
      name,
      description: `${name}: as the server says.`,
      schema: toolArguments,
      class: 'read',
    }),
  );
}

/** What our middleware is connected to. */
export function ourSources({
  urls,
  issuer,
  jwks,
}: UsedServers): RunSources & { readonly mcpServers: object } {
  const entry = (url: string) => ({ type: 'http', url, auth: { mode: 'forward', audience: serverAudience } });
  return {
    mcpServers: Object.fromEntries(urls.map((url, index) => [`server-${String(index)}`, entry(url)])),
    tokens: { issuer, audience: agentAudience, jwks },
  };
}

function compile(
  { name, tools, middleware = [], entry, onModel }: AgentOptions,
  checkpointer: MemorySaver,
): Invocable {
  const agent = createAgent({
    name,
    model: createModel(onModel),
    tools: [...tools],
    checkpointer,
    middleware,
  });
  if (entry !== undefined) addConditionalEntry(agent.graph, entry);
  // As the LangGraph server runs it: `agent.invoke` reads the whole state once more when there is any middleware.
  return agent.graph;
}

function createAdapterClient(urls: readonly string[], token: string): MultiServerMCPClient {
  const entry = (url: string) => ({
    transport: 'http' as const,
    url,
    automaticSSEFallback: false,
    headers: { Authorization: `Bearer ${token}` },
  });
  return new MultiServerMCPClient({
    prefixToolNameWithServerName: false,
    mcpServers: Object.fromEntries(urls.map((url, index) => [`server-${String(index)}`, entry(url)])),
  });
}

function toAlternative(name: string, turn: Alternative['turn'], checkpointer: MemorySaver): Alternative {
  return { name, turn, forget: (threadId) => checkpointer.deleteThread(threadId) };
}

async function runTurn(graph: Invocable, { threadId, token, text = askForTool }: Visit): Promise<void> {
  const configurable = { thread_id: threadId, ...(token !== undefined && { _user_token: token }) };
  const ended = await graph.invoke({ messages: [{ role: 'user', content: text }] }, { configurable });
  // The state of every agent has messages.
  const { messages } = ended as { messages: BaseMessage[] };
  if (text === askForTool) requireDone(messages);
}
