import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestRecords, TestServer } from '../../support/agent-records.js';
import {
  callerNamed,
  createHeldWork,
  openTestRecords,
  registerOwnerRules,
  wellEnded,
} from '../../support/agent-records.js';

let shared: TestRecords;

beforeEach(async () => {
  await registerOwnerRules();
  shared = await openTestRecords();
});
afterEach(() => shared.close());

const thread = '11111111-1111-4111-8111-111111111111';
const [alice, bob] = [callerNamed('alice'), callerNamed('bob')];

const statusOf = async ({ ops }: TestServer, runId = ''): Promise<string | undefined> =>
  (await ops.runs.get(runId, undefined, undefined))?.status;

describe('a run that is accepted', () => {
  it('makes its thread, executes, and ends together with what the thread says', async () => {
    const server = await shared.open({ work: async () => wellEnded({ messages: ['done'] }) });
    const [run] = await server.put(thread, { metadata: { tag: 'x' } });

    const answer = await server.ops.runs.join(run?.run_id ?? '', thread, undefined);

    expect(run).toMatchObject({ status: 'pending', thread_id: thread, metadata: { tag: 'x' } });
    expect(answer).toEqual({ messages: ['done'] });
    expect(await statusOf(server, run?.run_id)).toBe('success');
    const seen = await server.ops.threads.get(thread, undefined);
    expect(seen).toMatchObject({ status: 'idle', values: { messages: ['done'] }, interrupts: {} });
    expect(seen.metadata).toMatchObject({ graph_id: 'graph', tag: 'x' });
  });

  it('hands its config on to later runs of the thread, and its identity to none', async () => {
    const configs: unknown[] = [];
    const server = await shared.open({
      work: async ({ run }) => {
        configs.push(run.kwargs.config?.configurable);
        return wellEnded();
      },
    });
    const user = { identity: 'alice', token: () => 'secret' };
    const first = { config: { configurable: { tone: 'dry', langgraph_auth_user: user } } };
    const [run] = await server.put(thread, { kwargs: first });
    await server.ops.runs.join(run?.run_id ?? '', thread, undefined);
    const [next] = await server.put(thread, { kwargs: { config: { configurable: { other: 1 } } } });
    await server.ops.runs.join(next?.run_id ?? '', thread, undefined);

    expect(configs[0]).toMatchObject({ tone: 'dry', langgraph_auth_user: user, thread_id: thread });
    expect(configs[1]).toMatchObject({ tone: 'dry', other: 1, langgraph_auth_user: { identity: 'alice' } });
    const rows = JSON.stringify([
      await shared.tables.selectFrom('agent_runs').selectAll().execute(),
      await shared.tables.selectFrom('agent_threads').selectAll().execute(),
    ]);
    expect(rows).not.toContain('secret');
  });

  it('is refused on a thread that is not there, unless it may make one', async () => {
    const server = await shared.open();

    expect(await server.put(thread, { ifNotExists: 'reject' })).toEqual([]);
    expect(await server.put(thread)).toHaveLength(1);
  });

  it('is refused on a thread of somebody else', async () => {
    const server = await shared.open();
    await server.put(thread, { caller: alice });

    await expect(server.put(thread, { caller: bob })).rejects.toMatchObject({ status: 404 });
    expect(await server.ops.runs.search(thread, {}, bob)).toEqual([]);
    expect(await server.ops.runs.search(thread, {}, alice)).toHaveLength(1);
  });

  it('that was put off begins when its time has come', async () => {
    const server = await shared.open();
    const [later] = await server.put(thread, { afterSeconds: 3600, multitaskStrategy: 'enqueue' });
    const [soon] = await server.put(thread, { afterSeconds: 0.05, multitaskStrategy: 'enqueue' });

    await server.ops.runs.join(soon?.run_id ?? '', thread, undefined);

    expect([await statusOf(server, soon?.run_id), await statusOf(server, later?.run_id)]).toEqual([
      'success',
      'pending',
    ]);
  });

  it('without a thread leaves none behind', async () => {
    const server = await shared.open();
    const [run] = await server.put(undefined, { kwargs: { temporary: true } });

    await server.ops.runs.wait(run?.run_id ?? '', undefined, undefined);

    expect(await shared.tables.selectFrom('agent_threads').selectAll().execute()).toEqual([]);
    expect(await shared.tables.selectFrom('agent_runs').selectAll().execute()).toEqual([]);
  });

  it('that fails tells whoever waits, and its thread is an error', async () => {
    const server = await shared.open({
      work: async ({ publish }) => {
        await publish('error', { error: 'Error', message: 'it broke' });
        throw new Error('it broke');
      },
    });
    const [run] = await server.put(thread);

    const answer = await server.ops.runs.wait(run?.run_id ?? '', thread, undefined);

    expect(answer).toEqual({
      __error__: { error: 'Error', message: '{"error":"Error","message":"it broke"}' },
    });
    expect((await server.ops.threads.get(thread, undefined)).status).toBe('error');
  });
});

describe('two servers on the same records', () => {
  it('accept one of two runs that come at the same moment and do not wait', async () => {
    const held = createHeldWork();
    const servers = [await shared.open(held), await shared.open(held)];

    const answers = await Promise.all(servers.map((server) => server.put(thread)));

    // The one that was refused is given the run that stands in its way.
    expect(new Set(answers.flat().map(({ run_id }) => run_id)).size).toBe(1);
    expect(await servers[0]?.ops.runs.search(thread, {}, undefined)).toHaveLength(1);
    held.letGo();
  });

  it('execute the runs of a thread one at a time, in the order in which they came', async () => {
    const order: string[] = [];
    let executing = 0;
    const work = async ({ run }: { run: { run_id: string } }) => {
      executing += 1;
      expect(executing).toBe(1);
      order.push(run.run_id);
      await new Promise(setImmediate);
      executing -= 1;
      return wellEnded();
    };
    const servers = [await shared.open({ work }), await shared.open({ work })];
    const ids: string[] = [];
    for (let index = 0; index < 8; index += 1) {
      const [run] = await servers[index % 2]!.put(thread, { multitaskStrategy: 'enqueue' });
      ids.push(run?.run_id ?? '');
    }

    for (const id of ids) await servers[0]?.ops.runs.wait(id, thread, undefined);

    expect(order).toEqual(ids);
  });

  it('follow each other’s runs to what they ended with, an open question included', async () => {
    const interrupts = [{ id: 'i', value: 'may I?' }];
    const ending = {
      checkpoint: {
        ...wellEnded({ messages: ['asked'] }).checkpoint!,
        next: ['ask'],
        tasks: [{ id: 'task', name: 'ask', interrupts: interrupts as never }],
      },
    };
    const held = createHeldWork();
    const first = await shared.open({ work: async (run) => (await held.work(run), ending) });
    const second = await shared.open();
    const [run] = await first.put(thread);
    const events: unknown[] = [];
    const following = { lastEventId: undefined };
    const stream = second.ops.runs.stream.join(run?.run_id ?? '', thread, following, undefined);
    const reading = (async () => {
      for await (const event of stream) events.push(event);
    })();

    held.letGo();
    await reading;

    expect(events).toEqual([
      { event: 'values', data: { messages: ['asked'] } },
      { event: 'values', data: { __interrupt__: interrupts } },
    ]);
    expect((await second.ops.threads.get(thread, undefined)).status).toBe('interrupted');
  });

  it.each([
    ['interrupt', 'interrupted'],
    ['rollback', 'error'],
  ] as const)('cancel each other’s runs: %s', async (action, status) => {
    const held = createHeldWork();
    const [first, second] = [await shared.open(held), await shared.open()];
    const [run] = await first.put(thread);
    await expect.poll(() => held.begun).toEqual([run?.run_id]);

    await second.ops.runs.cancel(thread, [run?.run_id ?? ''], { action }, undefined);
    await second.ops.runs.wait(run?.run_id ?? '', thread, undefined);

    expect(await statusOf(second, run?.run_id)).toBe(status);
  });
});

describe('a run that is cancelled', () => {
  it('before it began is interrupted, or gone with a rollback', async () => {
    const server = await shared.open();
    const [one] = await server.put(thread, { afterSeconds: 3600 });
    const [other] = await server.put(thread, { afterSeconds: 3600, multitaskStrategy: 'enqueue' });

    await server.ops.runs.cancel(thread, [one?.run_id ?? ''], {}, undefined);
    const between = await server.ops.threads.get(thread, undefined);
    await server.ops.runs.cancel(thread, [other?.run_id ?? ''], { action: 'rollback' }, undefined);

    expect([await statusOf(server, one?.run_id), await statusOf(server, other?.run_id)]).toEqual([
      'interrupted',
      undefined,
    ]);
    expect([between.status, (await server.ops.threads.get(thread, undefined)).status]).toEqual([
      'busy',
      'idle',
    ]);
  });

  it('keeps what its thread holds, for its checkpoints do', async () => {
    const held = createHeldWork();
    const server = await shared.open(held);
    Object.assign(shared.state, {
      values: { messages: ['kept'] },
      tasks: [{ id: 'task', interrupts: [{ value: 'may I?' }] }],
    });
    const [run] = await server.put(thread);
    await expect.poll(() => held.begun).toHaveLength(1);

    await server.ops.runs.cancel(thread, [run?.run_id ?? ''], {}, undefined);
    await server.ops.runs.wait(run?.run_id ?? '', thread, undefined);

    expect(await server.ops.threads.get(thread, undefined)).toMatchObject({
      status: 'interrupted',
      values: { messages: ['kept'] },
      interrupts: { task: [{ value: 'may I?' }] },
    });
  });

  it('is not found by somebody else, nor under another thread', async () => {
    const held = createHeldWork();
    const server = await shared.open(held);
    const [run] = await server.put(thread, { caller: alice });
    const ids = [run?.run_id ?? ''];

    await expect(server.ops.runs.cancel(thread, ids, {}, bob)).rejects.toMatchObject({ status: 404 });
    await expect(server.ops.runs.cancel('another', ids, {}, alice)).rejects.toMatchObject({ status: 404 });
    expect(await server.ops.runs.get(ids[0] ?? '', thread, bob)).toBeNull();
    await expect(server.ops.runs.delete(ids[0] ?? '', thread, bob)).rejects.toMatchObject({ status: 404 });
    held.letGo();
  });

  it('and deleted while it executes ends first, and leaves its thread at rest', async () => {
    const held = createHeldWork();
    const server = await shared.open(held);
    const [run] = await server.put(thread);
    await expect.poll(() => held.begun).toHaveLength(1);

    await server.ops.runs.delete(run?.run_id ?? '', thread, undefined);

    expect(await server.ops.runs.search(thread, {}, undefined)).toEqual([]);
    expect((await server.ops.threads.get(thread, undefined)).status).toBe('idle');
    expect(await server.put(thread)).toHaveLength(1);
    held.letGo();
  });
});

describe('the events of a run', () => {
  it('are replayed for a resumable run, after its end too', async () => {
    const server = await shared.open({
      work: async ({ publish }) => {
        for (const data of [1, 2, 3]) await publish('custom', data);
        return wellEnded();
      },
    });
    const [run] = await server.put(thread, { kwargs: { resumable: true } });
    await server.ops.runs.wait(run?.run_id ?? '', thread, undefined);

    const events = [];
    const following = { lastEventId: '0' };
    for await (const event of server.ops.runs.stream.join(run?.run_id ?? '', thread, following, undefined))
      events.push(event);

    expect(events).toEqual([
      { id: '1', event: 'custom', data: 2 },
      { id: '2', event: 'custom', data: 3 },
    ]);
  });

  it('are given to nobody but the owner of the thread', async () => {
    const server = await shared.open();
    const [run] = await server.put(thread, { caller: alice, kwargs: { resumable: true } });
    const events = [];
    for await (const event of server.ops.runs.stream.join(
      run?.run_id ?? '',
      thread,
      { lastEventId: '-1' },
      bob,
    ))
      events.push(event);

    expect(events).toEqual([{ event: 'error', data: { error: 'Error', message: '404: Thread not found' } }]);
  });

  it('are not given on another thread, whose owner may be somebody else', async () => {
    const held = createHeldWork();
    const server = await shared.open(held);
    const own = '22222222-2222-4222-8222-222222222222';
    const [run] = await server.put(thread, { caller: alice, kwargs: { resumable: true } });
    await server.ops.threads.put(own, { if_exists: 'raise' }, bob);
    const readAs = async (threadId: string) => {
      const { value } = await server.ops.runs.stream
        .join(run?.run_id ?? '', threadId, { lastEventId: '-1' }, bob)
        .next();
      return value as unknown;
    };

    const live = await readAs(own);
    held.letGo();
    await server.ops.runs.wait(run?.run_id ?? '', thread, alice);

    expect([live, await readAs(own)]).toEqual([
      { event: 'error', data: 'Run not found' },
      { event: 'error', data: 'Run not found' },
    ]);
  });

  it('of a run that does not exist say so', async () => {
    const server = await shared.open();
    await server.ops.threads.put(thread, { if_exists: 'raise' }, undefined);
    const events = [];
    for await (const event of server.ops.runs.stream.join(
      'none',
      thread,
      { lastEventId: undefined },
      undefined,
    ))
      events.push(event);

    expect(events).toEqual([{ event: 'error', data: 'Run not found' }]);
  });

  it('end when the client goes, and its run with it when that is asked for', async () => {
    const held = createHeldWork();
    const server = await shared.open(held);
    const [run] = await server.put(thread);
    await expect.poll(() => held.begun).toHaveLength(1);
    const gone = new AbortController();
    const joining = { signal: gone.signal, cancelOnDisconnect: true, lastEventId: undefined };
    const stream = server.ops.runs.stream.join(run?.run_id ?? '', thread, joining, undefined);
    const reading = stream.next();

    gone.abort();
    await reading;

    await expect.poll(() => statusOf(server, run?.run_id)).toBe('interrupted');
  });
});
