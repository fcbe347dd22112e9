/** The third door that tokens come in by: an agent in this process, over a real MCP server. */
import { MemorySaver } from '@langchain/langgraph';
import { createAgent } from 'langchain';
import { createLogger } from '../../src/logger.js';
import { mcpToolsMiddleware } from '../../src/middleware/mcp-tools.js';
import { addConditionalEntry } from '../../src/runtime/conditional-entry.js';
import { sealRunConfig } from '../../src/runtime/seal-run-config.js';
import type { McpTestServer } from '../../src/testing/mcp-test-server.js';
import { startMcpTestServer } from '../../src/testing/mcp-test-server.js';
import { ScriptedModel } from '../../src/testing/scripted-model.js';
import type { TableIssuer } from './table-issuer.js';
import { doorAudience } from './table-issuer.js';
import type { AgentState, Conversation } from './test-agent.js';
import { openConversation, testTools, testWrappers } from './test-agent.js';
import type { DoorOptions } from './token-doors.js';
import { doorVerifier } from './token-doors.js';

/** An agent that asks for the tables’ audience and, when it is let in, asks its platform who it is. */
export interface MiddlewareDoor {
  readonly server: McpTestServer;
  readonly model: ScriptedModel;
  /** A new thread of whoever the token says. */
  open(token: () => unknown): Conversation;
  /** Says something with a token on a thread of its own. */
  say(token: unknown): Promise<AgentState>;
  /** Everything that the middleware logged. */
  output(): string;
  close(): Promise<void>;
}

/** Starts the agent. */
export async function openMiddlewareDoor(
  issuer: TableIssuer,
  options: DoorOptions = {},
): Promise<MiddlewareDoor> {
  const lines: string[] = [];
  const server = await startMcpTestServer(testTools);
  const model = new ScriptedModel((messages) =>
    messages.at(-1)?.type === 'tool' ? 'done' : [{ name: 'who_am_i', args: {} }],
  );
  const verifier = doorVerifier(issuer, options);
  const auth = { mode: 'forward', audience: doorAudience };
  const mcpTools = mcpToolsMiddleware({
    tools: testWrappers,
    mcpServers: { platform: { type: 'http', url: server.url, auth } },
    tokens: () => Promise.resolve(verifier),
    logger: createLogger({ format: 'json', level: 'debug', write: (line) => lines.push(line) }),
  });
  const agent = createAgent({
    model,
    tools: [...testWrappers],
    checkpointer: new MemorySaver(),
    middleware: [mcpTools],
  });
  const graph = sealRunConfig(addConditionalEntry(agent.graph, mcpTools.entry), mcpTools.admit);
  let threads = 0;
  const open: MiddlewareDoor['open'] = (token) => {
    threads += 1;
    // A config from outside may hold anything in the token’s place.
    return openConversation(graph, `thread-${String(threads)}`, token as () => string);
  };
  return {
    server,
    model,
    open,
    say: (token) => open(() => token).say('who am I?'),
    output: () => lines.join('\n'),
    close: () => server.close(),
  };
}
