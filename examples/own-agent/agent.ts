/** A short agent of one tool: it lists the organizations of the person whose token it is given, as that person. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { addConditionalEntry } from 'graph-fleet/conditional-entry';
import { mcpToolsMiddleware } from 'graph-fleet/middleware';
import { sealRunConfig } from 'graph-fleet/seal-run-config';
import { defineWrapperTool } from 'graph-fleet/tools';
import { AIMessage, ToolMessage, createAgent, fakeModel } from 'langchain';
import { z } from 'zod';

const {
  PLATFORM_MCP_URL: url = 'http://127.0.0.1:8090/mcp',
  JWKS_FILE: jwksFile = '.graph-fleet/development-keys.json',
  USER_TOKEN: token,
} = process.env;

const listOrganizations = defineWrapperTool({
  name: 'list_organizations',
  description: 'Lists the organizations the user belongs to.',
  schema: z.object({}),
  class: 'read',
});

// Plays a script; put a real chat model here.
const model = fakeModel()
  .respondWithTools([{ name: 'list_organizations', args: {} }])
  .respond((messages) => new AIMessage(`You belong to ${messages.at(-1)?.text ?? 'nothing'}`));

const tools = [listOrganizations];
const mcpTools = mcpToolsMiddleware({
  tools,
  mcpServers: { 'cloud-platform': { type: 'http', url, auth: { mode: 'forward' } } },
  // With an issuer of your own, `jwks` is the URL of its public keys.
  tokens: { issuer: 'http://localhost/dev', audience: 'graph-fleet', jwks: readPublicKeys(jwksFile) },
});
const agent = createAgent({ model, tools, middleware: [mcpTools] });
addConditionalEntry(agent.graph, mcpTools.entry);
sealRunConfig(agent.graph, mcpTools.admit);

const { messages } = await agent.invoke(
  { messages: [{ role: 'user', content: 'Which organizations am I in?' }] },
  { configurable: { thread_id: 'own-agent', _user_token: token } },
);

const result = messages.find((message) => ToolMessage.isInstance(message));
assert.equal(result?.status, 'success', `The call did not succeed: ${result?.text ?? 'it was not made'}`);
assert.notDeepEqual(JSON.parse(result.text), [], 'The platform named no organization.');
console.log(messages.at(-1)?.text);

/** The development key file holds the private half too; verifying takes the public one alone. */
function readPublicKeys(file: string): { keys: Record<string, unknown>[] } {
  const { keys } = z
    .object({ keys: z.array(z.record(z.string(), z.unknown())) })
    .parse(JSON.parse(readFileSync(file, 'utf8')));
  return { keys: keys.map(({ d: _private, ...publicKey }) => publicKey) };
}
