/** One tool call: what the wrapper, the slot and the outcome add to the call that the pool of clients makes. */
import type { StructuredToolInterface } from '@langchain/core/tools';
import { tool } from 'langchain';
import { toBearerToken } from '../src/auth/bearer-token.js';
import { createTokenVerifier } from '../src/auth/token-verifier.js';
import { jwksKeys } from '../src/auth/verification-keys.js';
import { createCredential } from '../src/mcp-client/credential.js';
import { requestTool } from '../src/mcp-client/request-tool.js';
import { mcpToolsMiddleware } from '../src/middleware/mcp-tools.js';
import { createWrappers, ourSources } from './alternatives.js';
import { isQuick } from './bench-mode.js';
import { agentAudience, startBenchServers } from './bench-servers.js';
import { publish } from './figures.js';
import { connectServers } from './our-connections.js';
import { sampleInTurn, samplesOf, toDifference, toMedian } from './samples.js';
import { toolArguments } from './workload.js';

const servers = await startBenchServers({ era: '2026' });
const connections = connectServers(servers);
const token = toBearerToken(await servers.token('alice'));
const verifier = createTokenVerifier({
  issuer: servers.issuer,
  audience: agentAudience,
  keys: jwksKeys(servers.jwks),
});
const principal = await verifier.verify(token);
const credential = createCredential(token, principal, Date.now);
const [server] = connections.servers;
if (server === undefined) throw new TypeError('No server was started.');

const name = 'read_resource';
const args = { id: 'r-1' };
const toolCall = { type: 'tool_call' as const, id: 'call_1', name, args };
const callPool = () =>
  connections.pool.lend({
    ...{ server, credential, thread: 'thread', isRead: true },
    isBroken: () => false,
    use: (client, timeout) =>
      requestTool(client, { name, arguments: args }, { timeout, mirrored: undefined }),
  });
const plain = tool(async () => JSON.stringify((await callPool()).content), {
  name,
  description: name,
  schema: toolArguments,
});

const wrappers = createWrappers();
const wrapper = wrappers.find((candidate) => candidate.name === name);
const { wrapToolCall } = mcpToolsMiddleware({
  ...ourSources(servers),
  tools: wrappers,
  mcpServers: () => connections,
});
// With what LangGraph puts there for the step that a tool is called in; without it the adapter makes an error.
const configurable = {
  ...{ thread_id: 'thread', _user_token: token },
  __pregel_scratchpad: { currentTaskInput: { messages: [] } },
};
// The hook reads no more of a request than this; LangGraph makes the rest of it in a run.
const request = {
  ...{ toolCall, tool: wrapper, state: { messages: [] } },
  runtime: { configurable, signal: new AbortController().signal },
} as never;
const callThroughUs = async (): Promise<unknown> =>
  // LangGraph executes the tool that the hook hands on; it is the wrapper in its slot.
  wrapToolCall?.(request, (handed) => invoke(handed.tool as StructuredToolInterface | undefined) as never);

const samples = await sampleInTurn(
  [
    { name: 'pool', run: callPool },
    { name: 'plain', run: () => invoke(plain) },
    { name: 'ours', run: callThroughUs },
  ],
  { warmUp: 200, rounds: isQuick ? 400 : 2000 },
);
const [pool, viaTool, ours] = ['pool', 'plain', 'ours'].map((subject) => samplesOf(samples, subject));
const setting = '2026, 0 ms';
publish([
  toMedian(pool ?? [], { setting, what: 'a call that the pool makes' }),
  toDifference([ours ?? [], pool ?? []], {
    setting,
    what: 'wrapper, slot and outcome add',
    bound: { atMost: 0.3 },
  }),
  toDifference([viaTool ?? [], pool ?? []], { setting, what: 'a tool of LangChain alone adds' }),
]);
await connections.close();
servers.close();

function invoke(invoked: StructuredToolInterface | undefined): Promise<unknown> {
  if (invoked === undefined) throw new TypeError('The workload has no tool of this name.');
  return invoked.invoke(toolCall, { configurable });
}
