import { ToolMessage } from '@langchain/core/messages';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseMcpServers } from '../../src/config/mcp-servers.js';
import type { Borrower } from '../../src/mcp-client/client-pool.js';
import { createMcpConnections } from '../../src/mcp-client/mcp-connections.js';
import type { ToolLists } from '../../src/mcp-client/tool-lists.js';
import { defineWrapperTool } from '../../src/tools/define-wrapper-tool.js';
import type { McpTestServer } from '../../src/testing/mcp-test-server.js';
import { startMcpTestServer } from '../../src/testing/mcp-test-server.js';
import type { ScriptedCall } from '../../src/testing/scripted-model.js';
import { ScriptedModel } from '../../src/testing/scripted-model.js';
import { agentAudience, createTestGraph, openConversation } from '../support/test-agent.js';
import { textResult } from '../../src/testing/test-tool.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

const names = ['docs', 'code'] as const;
let servers: Record<(typeof names)[number], McpTestServer>;

const start = (name: string) =>
  startMcpTestServer({
    search: { description: `Searches ${name}.`, run: () => textResult(`found in ${name}`) },
    save: { description: `Saves in ${name}.`, run: () => textResult(`saved in ${name}`) },
  });

beforeEach(async () => {
  servers = { docs: await start('docs'), code: await start('code') };
});

afterEach(async () => {
  await Promise.all(names.map((name) => servers[name].close()));
});

const search = (definition: { name: string; server?: string; tool?: string }) =>
  defineWrapperTool({ description: 'Searches.', schema: z.object({}), class: 'read', ...definition });

const anywhere = search({ name: 'search' });
const inCode = search({ name: 'search_code', tool: 'search', server: 'code' });
const saveInCode = defineWrapperTool({
  name: 'save_code',
  tool: 'save',
  server: 'code',
  description: 'Saves.',
  schema: z.object({}),
  class: 'write',
  lookFirst: async (_args, read) => {
    await read('search', {});
  },
});

const save = { name: 'save', args: { again: true } };
const saveAnywhere = defineWrapperTool({
  name: 'save',
  description: 'Saves.',
  schema: z.object({ again: z.boolean().optional() }),
  class: 'write',
});

function entryOf(name: (typeof names)[number]) {
  const auth = { mode: 'forward', audience: 'all' };
  return { type: 'http', url: servers[name].url, auth, required: false };
}

/** An agent whose write names no server; `read` has the lists asked anew as a run would, and keeps what comes of it. */
function openAnywhere() {
  const issuer = createTokenIssuer([agentAudience, 'all']);
  const mcpServers = JSON.stringify({ mcpServers: { docs: entryOf('docs'), code: entryOf('code') } });
  const connections = createMcpConnections({
    servers: parseMcpServers(mcpServers, { file: 'f', env: {} }),
    clients: { health: { retries: { maxRetries: 0 } } },
  });
  const borrowers = new Map<string, Borrower>();
  const read: ToolLists['read'] = (borrower) => {
    borrowers.set(borrower.server.name, borrower);
    return connections.lists.read(borrower);
  };
  const model = new ScriptedModel([{ name: 'save', args: {} }], 'done');
  const graph = createTestGraph({
    mcpServers: () => ({ ...connections, lists: { ...connections.lists, read } }),
    issuer,
    model,
    wrappers: [saveAnywhere],
  });
  const readAnew = async (name: string) => {
    const borrower = borrowers.get(name);
    if (borrower !== undefined) await connections.lists.read(borrower).catch(() => undefined);
  };
  const conversation = openConversation(graph, 'thread', () => issuer.token('alice'));
  return { connections, conversation, readAnew };
}

function open(...calls: readonly ScriptedCall[]) {
  const issuer = createTokenIssuer([agentAudience, 'all']);
  const auth = { mode: 'forward', audience: 'all' };
  const entries = names.map((name) => [
    name,
    { type: 'http', url: servers[name].url, auth, required: false },
  ]);
  const model = new ScriptedModel(calls, 'done');
  const wrappers = [anywhere, inCode, saveInCode];
  const graph = createTestGraph({ mcpServers: Object.fromEntries(entries), issuer, model, wrappers });
  return { model, conversation: openConversation(graph, 'thread', () => issuer.token('alice')) };
}

const answers = (messages: readonly unknown[]) =>
  messages.filter((message) => ToolMessage.isInstance(message)).map(({ text }) => text);

describe('tools of one name on two servers', () => {
  it('are told apart by the server’s key, and without it the first in the file has the name', async () => {
    const { conversation } = open({ name: 'search', args: {} }, { name: 'search_code', args: {} });

    const { messages } = await conversation.say('find it');

    expect(answers(messages)).toEqual(['found in docs', 'found in code']);
  });

  it('are shown to the model under the wrappers’ names, as their own servers describe them', async () => {
    const { conversation, model } = open();

    await conversation.say('hello');

    expect(model.shown[0]?.tools.map(({ name, description }) => [name, description])).toEqual([
      ['search', 'Searches docs.'],
      ['search_code', 'Searches code.'],
      ['save_code', 'Saves in code.'],
    ]);
  });

  it('are looked at and written on the same server', async () => {
    const { conversation } = open({ name: 'save_code', args: {} });

    await conversation.say('save it');
    const { messages } = await conversation.resume({ decisions: [{ type: 'approve' }] });

    expect(answers(messages)).toEqual(['saved in code']);
    expect(servers.code.calls.map(({ tool }) => tool)).toEqual(['search', 'save']);
    expect(servers.docs.calls).toEqual([]);
  });

  it('are written on the server that was approved or nowhere', async () => {
    const { connections, conversation, readAnew } = openAnywhere();
    const asked = await conversation.say('save it');
    await servers.docs.stop();
    await readAnew('docs');

    const { messages } = await conversation.resume({ decisions: [{ type: 'approve' }] });

    expect(asked.__interrupt__?.[0]?.value.actionRequests[0]?.description).toContain('on the server "docs"');
    expect(JSON.parse(answers(messages)[0] ?? '')).toMatchObject({
      outcome: 'unavailable',
      message: expect.stringContaining('"docs"') as unknown,
    });
    expect(servers.code.calls).toEqual([]);
    await connections.close();
  });

  it('are written on the server that was approved when one before it comes back', async () => {
    await servers.docs.stop();
    const { connections, conversation, readAnew } = openAnywhere();
    await conversation.say('save it');
    await servers.docs.restart();
    await readAnew('docs');

    const { messages } = await conversation.resume({ decisions: [{ type: 'edit', editedAction: save }] });

    expect(answers(messages)).toEqual(['saved in code']);
    expect(servers.docs.calls).toEqual([]);
    await connections.close();
  });

  it('are not taken from another server while theirs is down', async () => {
    await servers.code.stop();
    const { conversation } = open({ name: 'search', args: {} }, { name: 'search_code', args: {} });

    const { messages } = await conversation.say('find it');

    expect(answers(messages)[0]).toBe('found in docs');
    expect(JSON.parse(answers(messages)[1] ?? '')).toMatchObject({ outcome: 'unavailable' });
  });

  it('are not offered where their server does not have them, whatever else is down', async () => {
    await servers.docs.stop();
    const elsewhere = search({ name: 'search_nowhere', tool: 'nothing', server: 'code' });
    const issuer = createTokenIssuer([agentAudience, 'all']);
    const auth = { mode: 'forward', audience: 'all' };
    const entry = (name: (typeof names)[number]) => ({
      type: 'http',
      url: servers[name].url,
      auth,
      required: false,
    });
    const model = new ScriptedModel('done');
    const mcpServers = { docs: entry('docs'), code: entry('code') };
    const graph = createTestGraph({ mcpServers, issuer, model, wrappers: [anywhere, elsewhere] });

    await openConversation(graph, 'thread', () => issuer.token('alice')).say('hello');

    expect(model.shown[0]?.tools.map(({ name }) => name)).toEqual(['search']);
  });
});
