/** People with tokens of their own, one server that tells them apart, and one agent that they share. */
import { createTokenVerifier } from '../auth/token-verifier.js';
import type { RunSources } from '../middleware/connect-slots.js';
import type { Conversation, ConversationGraph } from './conversation.js';
import { openConversation } from './conversation.js';
import type { McpTestServer, McpTestServerOptions } from './mcp-test-server.js';
import { startMcpTestServer } from './mcp-test-server.js';
import type { TestTool } from './test-tool.js';
import type { TokenIssuer } from './token-issuer.js';
import { createTokenIssuer } from './token-issuer.js';

/** The audience that tokens carry for the agent itself, beside the server’s URL. */
export const agentAudience = 'test-agent';

/** What the agent is connected to; both go to `mcpToolsMiddleware` as they are. */
export interface AgentSources {
  readonly mcpServers: Readonly<Record<string, unknown>>;
  /** Follows the issuer at once when it rotates or withdraws a key. */
  readonly tokens: RunSources['tokens'];
}

/** What {@link startPeople} starts. */
export interface StartPeopleOptions extends McpTestServerOptions {
  /** The server’s tools. */
  readonly tools: Readonly<Record<string, TestTool>>;
  /** Creates the agent under test, once, and gives its graph, sealed. */
  readonly agent: (sources: AgentSources) => ConversationGraph;
  /** Changes to the server’s entry in `mcpServers`, e.g. `{ callTimeoutMs: 100 }`. */
  readonly entry?: Readonly<Record<string, unknown>>;
}

/** One person. */
export interface Person {
  /** Claim `sub` of the person’s tokens. */
  readonly name: string;
  /** Issues a token; claims given here replace the usual ones. */
  token(claims?: Readonly<Record<string, unknown>>): string;
  /** Opens a thread with a fresh token for each run; a thread of the person’s own when none is named. */
  open(threadId?: string): Conversation;
}

/** The people, and what they stand on. */
export interface People<Name extends string> {
  readonly people: Readonly<Record<Name, Person>>;
  /** Verifies every token against the issuer. */
  readonly server: McpTestServer;
  readonly issuer: TokenIssuer;
  close(): Promise<void>;
}

/**
 * Starts a server that verifies tokens, an issuer, and an agent over them, and makes each name a person.
 *
 * @param names claims `sub`, e.g. `['alice', 'bob']`.
 */
export async function startPeople<const Name extends string>(
  names: readonly Name[],
  { tools, agent, entry = {}, ...serverOptions }: StartPeopleOptions,
): Promise<People<Name>> {
  const { clock } = serverOptions;
  const server = await startMcpTestServer(tools, serverOptions);
  const issuer = createTokenIssuer([agentAudience, server.url], clock);
  server.trust(issuer);
  const verifier = createTokenVerifier({
    issuer: issuer.issuer,
    audience: agentAudience,
    keys: issuer.keys,
    clock,
  });
  const graph = agent({
    mcpServers: { test: { type: 'http', url: server.url, auth: { mode: 'forward' }, ...entry } },
    tokens: async () => verifier,
  });
  const pairs = names.map((name) => [name, createPerson(name, issuer, graph)] as const);
  // fromEntries forgets which keys there are; they are the names.
  const people = Object.fromEntries(pairs) as Record<Name, Person>;
  return { people, server, issuer, close: server.close };
}

function createPerson(name: string, issuer: TokenIssuer, graph: ConversationGraph): Person {
  const token: Person['token'] = (claims) => issuer.token(name, claims);
  return {
    name,
    token,
    open: (threadId = `thread of ${name}`) => openConversation(graph, { threadId, token: () => token() }),
  };
}
