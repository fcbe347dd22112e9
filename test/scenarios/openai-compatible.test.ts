import { randomUUID } from 'node:crypto';
import { AIMessage, AIMessageChunk, ToolMessage } from '@langchain/core/messages';
import { Command } from '@langchain/langgraph';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadModel } from '../../src/agents/load-model.js';
import type { CloudResource } from '../../src/contracts/cloud-resource-tools.js';
import type { OpenAiCompatibleServer } from '../support/openai-compatible-server.js';
import { startOpenAiCompatibleServer } from '../support/openai-compatible-server.js';
import type { RdsPlatform } from '../support/rds-platform.js';
import { startRdsPlatform } from '../support/rds-platform.js';
import { playRds } from '../support/rds-script.js';

const approve = new Command({ resume: { decisions: [{ type: 'approve' }] } });
const say = (content: string) => ({ messages: [{ role: 'user', content }] });

let platform: RdsPlatform;
let server: OpenAiCompatibleServer;
let token: string;

beforeAll(async () => {
  platform = await startRdsPlatform();
  token = await platform.token('alice');
});
afterAll(() => platform.close());
beforeEach(async () => {
  server = await startOpenAiCompatibleServer(playRds);
  return () => server.close();
});

/** A thread of Alice with an agent of its own. */
function openThread() {
  const graph = platform.createGraph(loadModel('openai:test-model', { baseUrl: server.baseUrl }));
  const config = { configurable: { thread_id: randomUUID(), _user_token: token } };
  return {
    graph,
    config,
    run: (input: unknown) => graph.invoke(input as never, config),
    stream: (input: unknown, signal?: AbortSignal) =>
      graph.stream(input as never, {
        ...config,
        streamMode: ['messages', 'updates', 'custom'],
        ...(signal === undefined ? {} : { signal }),
      }),
    isWaiting: async () =>
      (await graph.getState(config)).tasks.some(({ interrupts }) => interrupts.length > 0),
  };
}

function lastWords({ messages }: { readonly messages: readonly unknown[] }): string {
  const last = messages.at(-1);
  return AIMessage.isInstance(last) ? last.text : '';
}

function createdBy({ messages }: { readonly messages: readonly unknown[] }): CloudResource {
  const results = messages.filter((message) => ToolMessage.isInstance(message));
  const created = results.findLast(({ name }) => name === 'create_cloud_resource');
  return JSON.parse(created?.text ?? '{}');
}

const refusals = () =>
  server.received.map(({ refusal }) => refusal).filter((refusal) => refusal !== undefined);

describe('the RDS agent on an OpenAI-compatible model', () => {
  it('creates the instance after an approval and tells its state', async () => {
    const thread = openThread();

    await thread.run(say('Please create a database and call it orders-a.'));
    expect(await thread.isWaiting()).toBe(true);
    const created = await thread.run(approve);
    const asked = await thread.run(say('What is its state?'));

    expect(createdBy(created)).toMatchObject({ name: 'orders-a', state: 'available', created_by: 'alice' });
    expect(lastWords(asked)).toBe('The instance orders-a is available — as you wished.');
    expect(refusals()).toEqual([]);
    expect(server.received).toHaveLength(5);
  });

  it('streams words in pieces and puts calls together that came in pieces', async () => {
    const thread = openThread();
    const pieces: string[] = [];
    const states: string[] = [];

    for (const input of [say('Please create a database and call it orders-b.'), approve]) {
      for await (const [mode, value] of await thread.stream(input)) {
        if (mode === 'messages' && AIMessageChunk.isInstance(value[0]) && value[0].text !== '')
          pieces.push(value[0].text);
        if (mode === 'custom') states.push((value as { message: string }).message);
      }
    }
    const { values } = await thread.graph.getState(thread.config);

    expect(pieces.length).toBeGreaterThan(15);
    expect(pieces.join('')).toBe(
      'I look around first.It costs money, and its storage never shrinks.The instance orders-b is available — as you wished.',
    );
    expect(states).toEqual(['pending', 'creating', 'available']);
    expect(createdBy(values)).toMatchObject({
      name: 'orders-b',
      description: 'Für die Bestellungen: "orders" \\ 数据库',
    });
    expect(server.received.map(({ body }) => JSON.parse(body).stream)).toEqual([true, true, true]);
  });

  it('sends a conversation that is accepted after a message was typed at the open approval', async () => {
    const thread = openThread();

    await thread.run(say('Please create a database and call it orders-c.'));
    const typed = await thread.run(say('Wait, call it orders-d instead.'));
    expect(await thread.isWaiting()).toBe(true);
    const created = await thread.run(approve);

    expect(typed.messages.length).toBeGreaterThan(0);
    expect(createdBy(created)).toMatchObject({ name: 'orders-d' });
    expect(refusals()).toEqual([]);
  });

  it('sends a conversation that is accepted after a run was cancelled inside a call', async () => {
    const thread = openThread();
    await thread.run(say('Please create a database and call it orders-e.'));
    const cancel = new AbortController();

    await expect(
      (async () => {
        for await (const [mode] of await thread.stream(approve, cancel.signal))
          if (mode === 'custom') cancel.abort();
      })(),
    ).rejects.toThrow(/abort/i);
    const { messages } = (await thread.graph.getState(thread.config)).values;
    const before = server.received.length;
    await thread.run(say('Are you still there?'));

    expect(ToolMessage.isInstance(messages.at(-1))).toBe(false);
    expect(server.received.length).toBeGreaterThan(before);
    expect(refusals()).toEqual([]);
  });

  it('never sends the token or the password to the model', async () => {
    const thread = openThread();
    await thread.run(say('Please create a database and call it orders-f.'));
    const { credentials_url: url = '' } = createdBy(await thread.run(approve));
    await thread.run(say('What is its state?'));

    const response = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
    const { credentials } = (await response.json()) as { credentials: { password: string } };
    const sent = JSON.stringify(server.received);

    expect(credentials.password).toHaveLength(30);
    expect(sent).toContain('orders-f');
    expect(sent).not.toContain(credentials.password);
    for (const part of token.split('.')) expect(sent).not.toContain(part);
  });
});
