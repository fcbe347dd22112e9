import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { AIMessage } from '@langchain/core/messages';
import { Command, MemorySaver } from '@langchain/langgraph';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { idempotencyKeyName } from '../../src/contracts/idempotency-key.js';
import { openCheckpointer } from '../../src/server/open-checkpointer.js';
import type { LoopbackListener } from '../../src/testing/loopback-listener.js';
import { startLoopbackListener } from '../../src/testing/loopback-listener.js';
import type { CreateRun, Death } from '../support/create-run.js';
import { act, createRunGraph, createThread, runCreate } from '../support/create-run.js';
import type { RunningPlatform } from '../support/platform-server.js';
import { audience, runPlatform } from '../support/platform-server.js';
import { agentAudience, lastToolAnswer, openConversation } from '../support/test-agent.js';
import { callerFor, makeFolder } from '../support/test-platform.js';

const script = join(import.meta.dirname, '../support/child-create.ts');

/** What the way to the platform does with a request to create: lets it pass, loses its answer, or kills who sent it. */
type Way =
  'open' | 'holds' | 'loses the answer' | 'kills before it arrives' | 'kills before the answer arrives';

let folder: string;
let platform: RunningPlatform;
let way: LoopbackListener;
/** For each request to create that comes; those after them pass. */
let onCreates: Way[];
let isDeclared: boolean;
let release: () => void;
let released: Promise<void>;
let child: ChildProcess | undefined;
/** How many requests to create were seen on the way. */
let sent: number;

beforeEach(async () => {
  folder = makeFolder();
  platform = await runPlatform();
  onCreates = [];
  isDeclared = true;
  released = new Promise((resolve) => (release = resolve));
  sent = 0;
  way = await startLoopbackListener((request, response) => {
    // Who asked, or the platform, may be gone meanwhile.
    pass(request, response).catch(() => response.destroy());
  });
});

afterEach(async () => {
  await way.stop();
  await platform.close();
  rmSync(folder, { recursive: true, force: true });
});

async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await buffer(request);
  const isCreate = body.includes('"name":"create_cloud_resource"');
  const does = isCreate ? (onCreates.shift() ?? 'open') : 'open';
  if (isCreate) sent += 1;
  if (does === 'kills before it arrives') return void child?.kill('SIGKILL');
  if (does === 'holds') await released;
  const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
  const answer = await fetch(`${platform.origin}${request.url ?? ''}`, {
    method: request.method ?? 'POST',
    // Node gives a list for few headers, none of which a client of MCP sends.
    headers: headers as Record<string, string>,
    ...(body.length > 0 && { body: new Uint8Array(body) }),
  });
  const text = await answer.text();
  if (does === 'kills before the answer arrives') return void child?.kill('SIGKILL');
  if (does === 'loses the answer') return void response.destroy();
  response
    .writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
    .end(isDeclared ? text : text.replaceAll(`"${idempotencyKeyName}":true`, '"other":true'));
}

function toRun(action: CreateRun['action'], dies?: Death): CreateRun {
  const { issuer, jwks } = platform.tokens;
  return {
    file: join(folder, 'threads.db'),
    serverUrl: `${way.origin}/mcp`,
    issuer: { issuer, jwks },
    token: platform.token('alice', { aud: [agentAudience, audience] }),
    action,
    dies,
  };
}

/** Approves the create in a process of its own; gives the signal that ended it. */
async function approveInChild(dies?: Death): Promise<string | number | null> {
  const started = spawn(process.execPath, ['--import', 'tsx', script], {
    env: { PATH: process.env['PATH'], NODE_NO_WARNINGS: '1' },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child = started;
  started.stdin.end(JSON.stringify(toRun('approve', dies)));
  await once(started, 'close');
  return started.signalCode ?? started.exitCode;
}

const madeByAlice = () =>
  platform.platform.searchResources(callerFor('alice', { issuer: platform.tokens.issuer }), {
    org_id: 'acme',
  });
const creates = async () =>
  (await platform.audit())
    .filter(({ action }) => action === 'create_cloud_resource')
    .map(({ outcome }) => outcome);

interface Kill {
  readonly moment: string;
  readonly dies?: Death;
  readonly way?: Way;
  /** What the platform was asked by both processes together. */
  readonly asked: readonly string[];
}

const kills: readonly Kill[] = [
  { moment: 'before the create leaves', dies: 'once the approval is used', asked: ['ok'] },
  { moment: 'with the create on its way', way: 'kills before it arrives', asked: ['ok'] },
  {
    moment: 'with the answer on its way',
    way: 'kills before the answer arrives',
    asked: ['ok', 'replayed'],
  },
  { moment: 'with the answer in its hands', dies: 'before the answer is stored', asked: ['ok', 'replayed'] },
  { moment: 'with the answer stored and no checkpoint', dies: 'once the answer is stored', asked: ['ok'] },
];

describe('a process that is killed', () => {
  it.each(kills)(
    '$moment leaves one resource, and the conversation ends with its id',
    async ({ dies, way: killing, asked }) => {
      expect(await runCreate(toRun('ask'))).toMatchObject({ asked: true });
      if (killing !== undefined) onCreates = [killing];
      expect(await approveInChild(dies)).toBe('SIGKILL');

      const { last } = await runCreate(toRun('go on'));

      const made = await madeByAlice();
      expect(made).toHaveLength(1);
      expect(JSON.parse(last)).toMatchObject({ id: made[0]?.id, name: 'orders' });
      expect(await creates()).toEqual(asked);
    },
  );

  it('over a server that does not declare the key leaves an unknown result, and the call does not go out again', async () => {
    isDeclared = false;
    await runCreate(toRun('ask'));
    onCreates = ['kills before the answer arrives'];
    await approveInChild();

    const { last } = await runCreate(toRun('go on'));

    expect(JSON.parse(last)).toMatchObject({ outcome: 'unknown-result' });
    expect(await creates()).toEqual(['ok']);
    expect(sent).toBe(1);
  });

  it.each(['model_request', 'McpToolsMiddleware.after_model'])(
    'leaves an approval on which no other call can ride, written as %s',
    async (node) => {
      await runCreate(toRun('ask'));
      onCreates = ['kills before it arrives'];
      await approveInChild();
      const { checkpointer, close } = await openCheckpointer({ url: undefined, file: toRun('go on').file });
      const graph = createRunGraph(toRun('go on'), checkpointer);
      const config = { configurable: { thread_id: createThread } };
      const wanted = (await openConversation(graph, createThread, () => undefined).messages()).at(-1);
      if (!AIMessage.isInstance(wanted)) throw new Error('No call waits.');
      const tool_calls = (wanted.tool_calls ?? []).map((call) => ({
        ...call,
        args: { ...call.args, resource_name: 'other' },
      }));
      const changed = new AIMessage({
        content: '',
        tool_calls,
        ...(wanted.id !== undefined && { id: wanted.id }),
      });
      await graph.updateState(config, { messages: [changed] }, node);

      await act(graph, toRun('go on'));
      await close();

      expect(sent).toBe(1);
      expect(await madeByAlice()).toEqual([]);
    },
  );
});

describe('a create whose answer is lost', () => {
  async function approved() {
    const checkpointer = new MemorySaver();
    const graph = createRunGraph(toRun('ask'), checkpointer);
    await act(graph, toRun('ask'));
    return { checkpointer, graph };
  }

  it('goes out once more, and the conversation ends with the id of the one resource', async () => {
    const { graph } = await approved();
    onCreates = ['loses the answer'];

    const { last } = await act(graph, toRun('approve'));

    expect(await madeByAlice()).toMatchObject([{ id: (JSON.parse(last) as { id: string }).id }]);
    expect(await creates()).toEqual(['ok', 'replayed']);
  });

  it('does not go out a third time, nor again from any checkpoint of before', async () => {
    const { graph } = await approved();
    onCreates = ['loses the answer', 'loses the answer'];

    const { last } = await act(graph, toRun('approve'));
    const thread = openConversation(graph, createThread, () => toRun('go on').token);
    for await (const { config } of graph.getStateHistory({ configurable: { thread_id: createThread } }))
      await thread.goOn(String(config.configurable?.['checkpoint_id']));

    expect(JSON.parse(last)).toMatchObject({ outcome: 'unknown-result' });
    expect(sent).toBe(2);
  });

  it('goes out once where the server does not declare the key', async () => {
    isDeclared = false;
    const { graph } = await approved();
    onCreates = ['loses the answer'];

    const { last } = await act(graph, toRun('approve'));

    expect(JSON.parse(last)).toMatchObject({ outcome: 'unknown-result' });
    expect(sent).toBe(1);
  });

  it('is not sent again when its run was stopped over it, and the person says something else', async () => {
    const { graph } = await approved();
    onCreates = ['holds'];
    const stop = new AbortController();
    const run = graph.invoke(new Command({ resume: { decisions: [{ type: 'approve' }] } }), {
      configurable: { thread_id: createThread, _user_token: toRun('approve').token },
      signal: stop.signal,
    });
    await vi.waitFor(() => {
      expect(sent).toBe(1);
    });
    stop.abort();
    await expect(run).rejects.toThrow();

    await act(graph, toRun('ask'));

    const messages = await openConversation(graph, createThread, () => undefined).messages();
    expect(lastToolAnswer(messages)).toMatchObject({ outcome: 'unknown-result' });
    expect(sent).toBe(1);
    release();
  });

  it('goes out again though its process died before the step of its approval was stored', async () => {
    const { checkpointer } = await approved();
    // LangGraph begins the next step while it stores the one before.
    const storingNothing = new Proxy(checkpointer, {
      get: (saver, name: keyof MemorySaver) => {
        if (name !== 'put' && name !== 'putWrites') return Reflect.get(saver, name) as unknown;
        const store = saver[name].bind(saver) as (
          ...args: Parameters<MemorySaver['put']>
        ) => Promise<unknown>;
        return (...args: Parameters<MemorySaver['put']>) =>
          args[0].configurable?.['thread_id'] === createThread
            ? new Promise(() => undefined)
            : store(...args);
      },
    });
    onCreates = ['holds'];
    void act(createRunGraph(toRun('approve'), storingNothing), toRun('approve')).catch(() => undefined);
    await vi.waitFor(() => {
      expect(sent).toBe(1);
    });

    const { last } = await act(createRunGraph(toRun('go on'), checkpointer), toRun('go on'));
    release();

    expect(await madeByAlice()).toMatchObject([{ id: (JSON.parse(last) as { id: string }).id }]);
  });

  it('makes one resource when two others go on with it while it is on its way', async () => {
    const { graph, checkpointer } = await approved();
    const others = [1, 2].map(() => createRunGraph(toRun('go on'), checkpointer));
    onCreates = ['holds'];
    const first = act(graph, toRun('approve'));
    await vi.waitFor(() => expect(sent).toBe(1));

    const ended = await Promise.all(others.map((other) => act(other, toRun('go on'))));
    release();
    ended.push(await first);

    const [made, ...more] = await madeByAlice();
    expect(more).toEqual([]);
    for (const { last } of ended) expect(JSON.parse(last)).toMatchObject({ id: made?.id });
  });
});
