import type { AIMessageChunk, BaseMessage } from '@langchain/core/messages';
import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { Command } from '@langchain/langgraph';
import { createAgent, humanInTheLoopMiddleware, tool } from 'langchain';
import { MemorySaver } from '@langchain/langgraph';
import { describe, expect, it } from 'vitest';
import { createOfflineModel } from '../../../src/agents/offline-model/offline-model.js';
import { cloudResourceTools } from '../../../src/contracts/cloud-resource-tools.js';
import { createStandIn, fullRequest } from './support/stand-in-platform.js';

const given = new SystemMessage('Organization: acme\nEnvironment: dev');

function bound(...names: (keyof typeof cloudResourceTools)[]) {
  const tools = names.map((name) =>
    tool(() => '', { name, description: name, schema: cloudResourceTools[name] }),
  );
  const model = createOfflineModel();
  if (model.bindTools === undefined) throw new Error('The model takes no tools.');
  return model.bindTools(tools);
}

async function collect(stream: AsyncIterable<AIMessageChunk>): Promise<AIMessageChunk[]> {
  const chunks: AIMessageChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

describe('createOfflineModel', () => {
  it('says that it is the offline model and counts no tokens', async () => {
    const model = createOfflineModel();

    const message = await model.invoke('hi');

    expect(model._llmType()).toBe('offline');
    expect(message.text).toContain('I am the offline model');
    expect(message.usage_metadata).toBeUndefined();
    expect(message.response_metadata).toMatchObject({ model_name: 'offline', finish_reason: 'stop' });
  });

  it('answers equal messages with equal words and calls, and a fresh call id each time', async () => {
    const messages = [given, new HumanMessage(fullRequest)];
    const model = bound('create_cloud_resource');

    const [a, b] = [await model.invoke(messages), await model.invoke(messages)];

    expect(a.text).toBe(b.text);
    expect(a.tool_calls?.map(({ args }) => args)).toEqual(b.tool_calls?.map(({ args }) => args));
    expect(a.tool_calls?.[0]?.id).toMatch(/^call_[0-9a-f]{24}$/);
    expect(a.tool_calls?.[0]?.id).not.toBe(b.tool_calls?.[0]?.id);
  });

  it('calls no tool that is not bound', async () => {
    const messages = [given, new HumanMessage(fullRequest)];

    const unbound = await createOfflineModel().invoke(messages);
    const reading = await bound('get_cloud_resource_schema').invoke(messages);

    expect(unbound.tool_calls).toEqual([]);
    expect(reading.tool_calls).toEqual([]);
    expect(reading.text).toContain('not offered to you');
  });

  it('calls no tool when tool_choice is "none"', async () => {
    const model = createOfflineModel();

    const message = await model
      .bindTools?.([{ type: 'function', function: { name: 'list_organizations', parameters: {} } }], {
        tool_choice: 'none',
      })
      .invoke('which organizations are there?');

    expect(message?.tool_calls).toEqual([]);
  });

  it('streams the words one by one and then the call, equal to the answer in one piece', async () => {
    const messages = [given, new HumanMessage(fullRequest)];
    const model = bound('create_cloud_resource');

    const chunks = await collect(await model.stream(messages));
    // Words are block 0; a call of that index would take their place in protocol v2.
    expect(chunks.flatMap((chunk) => chunk.tool_call_chunks ?? []).map(({ index }) => index)).toEqual([1]);
    const whole = await model.invoke(messages);

    const joined = chunks.reduce((sum, chunk) => sum.concat(chunk));
    expect(chunks.length).toBeGreaterThan(20);
    expect(joined.text).toBe(whole.text);
    expect(joined.tool_calls?.map(({ name, args }) => ({ name, args }))).toEqual(
      whole.tool_calls?.map(({ name, args }) => ({ name, args })),
    );
    expect(joined.response_metadata['finish_reason']).toBe('tool_calls');
  });

  it('stops between words when it is aborted', async () => {
    const abort = new AbortController();
    const read = async (): Promise<void> => {
      for await (const chunk of await createOfflineModel().stream('help', { signal: abort.signal })) {
        if (chunk.text !== '') abort.abort();
      }
    };

    await expect(read()).rejects.toThrow(/abort/i);
  });

  it('streams tokens through an agent', async () => {
    const { agent, config } = createStandIn();

    const stream = await agent.stream(
      { messages: [new HumanMessage('Create a postgres in dev')] },
      { ...config, streamMode: 'messages' },
    );
    const words: string[] = [];
    for await (const [message] of stream) if (AIMessage.isInstance(message)) words.push(message.text);

    expect(words.filter((word) => word !== '').length).toBeGreaterThan(20);
    expect(words.join('')).toContain('To go on I need from you:');
  });

  it('treats a create without an answer as lost, and looks before it asks again', async () => {
    const model = bound('create_cloud_resource', 'search_cloud_resources');
    const call = {
      id: 'call_1',
      name: 'create_cloud_resource',
      args: { org_id: 'acme', env_name: 'dev', resource_name: 'orders-db' },
    };
    const dangling = new AIMessage({ content: '', tool_calls: [call] });

    const message = await model.invoke([given, new HumanMessage(fullRequest), dangling]);

    expect(message.tool_calls?.map(({ name }) => name)).toEqual(['search_cloud_resources']);
  });

  it('reads content in blocks', async () => {
    const messages: BaseMessage[] = [
      given,
      new HumanMessage({ content: [{ type: 'text', text: 'list my resources' }] }),
      new AIMessage({
        content: '',
        tool_calls: [{ id: 'a', name: 'search_cloud_resources', args: { org_id: 'acme' } }],
      }),
      new ToolMessage({ tool_call_id: 'a', content: [{ type: 'text', text: '[]' }] }),
    ];

    expect((await bound('search_cloud_resources').invoke(messages)).text).toContain('I found no resources');
  });

  it('works behind the approval of the framework: approve, edit and reject', async () => {
    const created: Record<string, unknown>[] = [];
    const create = tool(
      (args) => {
        created.push(args);
        return JSON.stringify({
          id: 'res_1',
          name: args.resource_name,
          cloud_resource_kind: 'AwsRdsInstance',
          org: 'acme',
          env: 'dev',
          state: 'pending',
          created_by: 'alice',
          created_at: '2030-01-01T00:00:00Z',
          spec: args.spec,
        });
      },
      { name: 'create_cloud_resource', description: '', schema: cloudResourceTools.create_cloud_resource },
    );
    const agent = createAgent({
      model: createOfflineModel(),
      tools: [create],
      systemPrompt: given.text,
      checkpointer: new MemorySaver(),
      middleware: [humanInTheLoopMiddleware({ interruptOn: { create_cloud_resource: true } })],
    });
    const run = async (thread: string, decision: object): Promise<string> => {
      const config = { configurable: { thread_id: thread } };
      const asked = await agent.invoke({ messages: [new HumanMessage(fullRequest)] }, config);
      expect(asked).toHaveProperty('__interrupt__');
      const { messages } = await agent.invoke(new Command({ resume: { decisions: [decision] } }), config);
      return messages.at(-1)?.text ?? '';
    };

    const edited = {
      name: 'create_cloud_resource',
      args: {
        cloud_resource_kind: 'AwsRdsInstance',
        org_id: 'acme',
        env_name: 'dev',
        resource_name: 'edited-db',
        spec: {},
      },
    };
    expect(await run('a', { type: 'approve' })).toContain('orders-db is recorded');
    expect(await run('b', { type: 'edit', editedAction: edited })).toContain('edited-db is recorded');
    expect(await run('c', { type: 'reject', message: 'not today' })).toContain('not today');
    expect(created.map(({ resource_name: name }) => name)).toEqual(['orders-db', 'edited-db']);
  });
});
