import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BaseMessage } from '@langchain/core/messages';
import { ToolMessage } from '@langchain/core/messages';
import { MemorySaver } from '@langchain/langgraph';
import { createAgent } from 'langchain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jwksKeys } from '../../src/auth/verification-keys.js';
import { createTokenVerifier } from '../../src/auth/token-verifier.js';
import { loadMcpServers } from '../../src/config/mcp-servers.js';
import { createMcpConnections } from '../../src/mcp-client/mcp-connections.js';
import { mcpToolsMiddleware } from '../../src/middleware/mcp-tools.js';
import { openConversation } from '../../src/testing/conversation.js';
import { defineWrapperTool } from '../../src/tools/define-wrapper-tool.js';
import type { ListeningServer } from '../support/real-servers.js';
import { programOf, startEverything } from '../support/real-servers.js';
import { ScriptedModel } from '../../src/testing/scripted-model.js';
import { agentAudience } from '../support/test-agent.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

/** A tool of a server: what it is called with, and what its answer must hold. */
type ToolCase = readonly [tool: string, args: Record<string, unknown>, answer: RegExp];

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'graph-fleet-real-')));
const at = (name: string): string => join(folder, name);

const everything: readonly ToolCase[] = [
  ['echo', { message: 'hello' }, /hello/],
  ['get-annotated-message', { messageType: 'error', includeImage: true }, /error/i],
  ['get-env', {}, /PATH/],
  ['get-resource-links', { count: 2 }, /resource/],
  ['get-resource-reference', { resourceType: 'Text', resourceId: 1 }, /resource/i],
  ['get-structured-content', { location: 'Chicago' }, /temperature/],
  ['get-sum', { a: 2, b: 40 }, /42/],
  ['get-tiny-image', {}, /image/],
  ['gzip-file-as-resource', { name: 'a.gz', data: 'data:text/plain,hello', outputType: 'resource' }, /gzip/],
  ['toggle-simulated-logging', {}, /logging/],
  ['toggle-subscriber-updates', {}, /updates/],
  ['trigger-long-running-operation', { duration: 0.2, steps: 2 }, /completed/],
  // It is a task and no plain call; who does not speak of tasks is told so.
  ['simulate-research-query', { topic: 'ants' }, /"outcome"/],
];

const files: readonly ToolCase[] = [
  ['list_allowed_directories', {}, /graph-fleet-real-/],
  ['create_directory', { path: at('made') }, /created/],
  ['write_file', { path: at('made/one.txt'), content: 'first\nsecond\n' }, /wrote/],
  ['edit_file', { path: at('made/one.txt'), edits: [{ oldText: 'second', newText: 'third' }] }, /third/],
  ['read_file', { path: at('made/one.txt') }, /third/],
  ['read_text_file', { path: at('made/one.txt'), head: 1 }, /first/],
  ['read_media_file', { path: at('dot.png') }, /image/],
  ['read_multiple_files', { paths: [at('made/one.txt')] }, /third/],
  ['list_directory', { path: folder }, /made/],
  ['list_directory_with_sizes', { path: at('made') }, /one\.txt/],
  ['directory_tree', { path: folder }, /one\.txt/],
  ['search_files', { path: folder, pattern: '**/*.txt' }, /one\.txt/],
  ['get_file_info', { path: at('made/one.txt') }, /size/],
  ['move_file', { source: at('made/one.txt'), destination: at('made/two.txt') }, /moved/],
];

const ant = { name: 'ant', entityType: 'insect', observations: ['small'] };
const bee = { name: 'bee', entityType: 'insect', observations: [] };
const likes = { from: 'ant', to: 'bee', relationType: 'likes' };
const memory: readonly ToolCase[] = [
  ['create_entities', { entities: [ant, bee] }, /insect/],
  ['create_relations', { relations: [likes] }, /likes/],
  ['add_observations', { observations: [{ entityName: 'bee', contents: ['busy'] }] }, /busy/],
  ['read_graph', {}, /likes/],
  ['search_nodes', { query: 'busy' }, /bee/],
  ['open_nodes', { names: ['ant'] }, /small/],
  ['delete_observations', { deletions: [{ entityName: 'ant', observations: ['small'] }] }, /deleted/i],
  ['delete_relations', { relations: [likes] }, /deleted/i],
  ['delete_entities', { entityNames: ['bee'] }, /deleted/i],
];

const offered = {
  'everything-http': everything,
  'everything-sse': everything,
  'everything-stdio': everything,
  files,
  memory,
};
type ServerName = keyof typeof offered;
const serverNames = Object.keys(offered) as ServerName[];

const wrappers = serverNames.flatMap((server) =>
  offered[server].map(([tool]) =>
    defineWrapperTool({
      name: `${server}_${tool}`,
      server,
      tool,
      description: tool,
      schema: z.looseObject({}),
      class: /^(create|write|edit|move|add|delete)/.test(tool) ? 'write' : 'read',
    }),
  ),
);

let http: ListeningServer;
let sse: ListeningServer;
const model = new ScriptedModel((messages) => {
  const last = messages.at(-1);
  // The person says which tool is called, and with what.
  return last?.type === 'human'
    ? [JSON.parse(last.text) as { name: string; args: Record<string, unknown> }]
    : 'done';
});

beforeAll(async () => {
  // The smallest PNG there is.
  const png =
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  writeFileSync(at('dot.png'), Buffer.from(png, 'base64'));
  [http, sse] = await Promise.all([startEverything('streamableHttp'), startEverything('sse')]);
  const node = process.execPath;
  const mcpServers: Record<ServerName, unknown> = {
    'everything-http': { type: 'http', url: '${EVERYTHING_HTTP}', required: false },
    'everything-sse': { type: 'sse', url: '${EVERYTHING_SSE}', required: false },
    'everything-stdio': { type: 'stdio', command: node, args: [programOf('everything')], required: false },
    files: { type: 'stdio', command: node, args: [programOf('filesystem'), folder] },
    memory: {
      type: 'stdio',
      command: node,
      args: [programOf('memory')],
      env: { MEMORY_FILE_PATH: at('memory.jsonl') },
    },
  };
  writeFileSync(at('mcp-servers.json'), JSON.stringify({ mcpServers }));
}, 60_000);

afterAll(async () => {
  await Promise.all([http.kill(), sse.kill()]);
  rmSync(folder, { recursive: true, force: true });
});

function createConversation(threadId: string) {
  const issuer = createTokenIssuer([agentAudience]);
  const env = { EVERYTHING_HTTP: http.url, EVERYTHING_SSE: sse.url };
  const { issuer: iss, jwks } = issuer;
  const mcpTools = mcpToolsMiddleware({
    tools: wrappers,
    mcpServers: () => createMcpConnections({ servers: loadMcpServers(at('mcp-servers.json'), env) }),
    tokens: async () => createTokenVerifier({ issuer: iss, audience: agentAudience, keys: jwksKeys(jwks) }),
  });
  const graph = createAgent({
    model,
    tools: wrappers,
    checkpointer: new MemorySaver(),
    middleware: [mcpTools],
  });
  const conversation = openConversation(graph.graph, { threadId, token: () => issuer.token('alice') });
  /** Has one tool called, approves it where that is asked, and gives its answer. */
  const call = async (server: ServerName, tool: string, args: Record<string, unknown>): Promise<string> => {
    const state = await conversation.say(JSON.stringify({ name: `${server}_${tool}`, args }));
    const { messages } =
      state.__interrupt__ === undefined
        ? state
        : await conversation.resume({ decisions: [{ type: 'approve' }] });
    return lastAnswer(messages);
  };
  return { call, conversation };
}

function lastAnswer(messages: readonly BaseMessage[]): string {
  const answer = messages.findLast((message) => ToolMessage.isInstance(message));
  return JSON.stringify([answer?.content, answer?.artifact]);
}

describe('servers that nobody here wrote, in one mcp-servers.json', () => {
  it('are all listed, each tool under its server', async () => {
    const { conversation } = createConversation('listed');

    await conversation.say(JSON.stringify({ name: 'everything-stdio_echo', args: { message: 'hello' } }));

    const shown = model.shown.at(-1)?.tools.map(({ name }) => name);
    expect(shown).toEqual(wrappers.map(({ name }) => name));
  });

  it.each(serverNames)(
    'answer every tool of %s',
    async (server) => {
      const { call } = createConversation(`called-${server}`);

      for (const [tool, args, answer] of offered[server]) {
        expect(await call(server, tool, args), tool).toMatch(answer);
      }
    },
    60_000,
  );

  it('have done what they were told', () => {
    expect(readFileSync(at('made/two.txt'), 'utf8')).toBe('first\nthird\n');
    expect(readFileSync(at('memory.jsonl'), 'utf8')).toContain('ant');
  });

  it.each([
    ['everything-http', () => http],
    ['everything-sse', () => sse],
  ] as const)(
    '%s is killed and started again in mid-conversation',
    async (name, listening) => {
      const { call } = createConversation(`restarted-${name}`);
      expect(await call(name, 'echo', { message: 'before' })).toMatch(/before/);

      await listening().kill();
      expect(await call(name, 'echo', { message: 'while' })).toMatch(/unavailable/);
      expect(await call('everything-stdio', 'echo', { message: 'others' })).toMatch(/others/);
      await listening().start();

      expect(await call(name, 'echo', { message: 'after' })).toMatch(/after/);
    },
    60_000,
  );
});
