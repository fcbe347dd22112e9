import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestRecords, TestServer } from '../../support/agent-records.js';
import {
  callerNamed,
  createHeldWork,
  openTestRecords,
  registerOwnerRules,
} from '../../support/agent-records.js';

let shared: TestRecords;
let server: TestServer;

beforeEach(async () => {
  await registerOwnerRules();
  shared = await openTestRecords();
  server = await shared.open();
});
afterEach(() => shared.close());

const id = (digit: number): string => `${String(digit).repeat(8)}-1111-4111-8111-111111111111`;
const [alice, bob] = [callerNamed('alice'), callerNamed('bob')];

describe('a thread', () => {
  it('is made once: who makes it again gets it, or is told that it exists', async () => {
    const made = await server.ops.threads.put(id(1), { metadata: { a: 1 }, if_exists: 'raise' }, alice);

    expect(made).toMatchObject({
      thread_id: id(1),
      status: 'idle',
      metadata: { a: 1, owner: 'alice' },
      config: {},
    });
    expect(await server.ops.threads.put(id(1), { if_exists: 'do_nothing' }, alice)).toEqual(made);
    for (const [if_exists, caller] of [
      ['raise', alice],
      ['raise', bob],
      ['do_nothing', bob],
    ] as const)
      await expect(server.ops.threads.put(id(1), { if_exists }, caller)).rejects.toMatchObject({
        status: 409,
      });
  });

  it('takes metadata beside what it has, and no other owner', async () => {
    await server.ops.threads.put(id(1), { metadata: { a: 1 }, if_exists: 'raise' }, alice);

    const patched = await server.ops.threads.patch(id(1), { metadata: { b: 2, owner: 'bob' } }, alice);

    expect(patched.metadata).toEqual({ a: 1, b: 2, owner: 'alice' });
    await expect(server.ops.threads.patch(id(1), {}, bob)).rejects.toMatchObject({ status: 404 });
  });

  it('does not exist for anybody else', async () => {
    await server.ops.threads.put(id(1), { if_exists: 'raise' }, alice);

    for (const work of [
      server.ops.threads.get(id(1), bob),
      server.ops.threads.delete(id(1), bob),
      server.ops.threads.get(id(2), alice),
      server.ops.threads.delete(id(2), alice),
    ])
      await expect(work).rejects.toMatchObject({ status: 404 });
    await expect(server.ops.threads.copy(id(1), bob)).rejects.toMatchObject({ status: 409 });
  });

  it('that is deleted goes with its runs, and ends the one that executes', async () => {
    const held = createHeldWork();
    const signals: AbortSignal[] = [];
    const busy = await shared.open({
      // Nobody tells it of the deletion but the deletion itself.
      sharing: 'alone',
      work: (run) => {
        signals.push(run.signal);
        return held.work(run);
      },
    });
    await busy.put(id(1), { caller: alice });
    await expect.poll(() => held.begun).toHaveLength(1);

    expect(await busy.ops.threads.delete(id(1), alice)).toEqual([id(1)]);

    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(await shared.tables.selectFrom('agent_runs').selectAll().execute()).toEqual([]);
    expect((await server.ops.threads.put(id(1), { if_exists: 'raise' }, bob)).metadata).toEqual({
      owner: 'bob',
    });
    held.letGo();
  });

  it('is copied without its runs and its config', async () => {
    await server.ops.threads.put(id(1), { metadata: { a: 1 }, if_exists: 'raise' }, alice);

    const copy = await server.ops.threads.copy(id(1), alice);

    expect(copy).toMatchObject({ status: 'idle', config: {} });
    expect(copy.metadata).toEqual({ a: 1, owner: 'alice', thread_id: copy.thread_id });
    expect(await server.ops.threads.get(copy.thread_id, alice)).toEqual(copy);
  });
});

describe('the search for threads', () => {
  type Search = Partial<Parameters<TestServer['ops']['threads']['search']>[0]>;
  const find = async (search: Search, caller = alice): Promise<readonly (readonly [string, number])[]> => {
    const found: (readonly [string, number])[] = [];
    for await (const { thread, total } of server.ops.threads.search(
      { limit: 10, offset: 0, ...search },
      caller,
    ))
      found.push([thread.thread_id, total]);
    return found;
  };

  beforeEach(async () => {
    for (const digit of [1, 2, 3]) {
      const metadata = { digit, tags: { odd: digit % 2 === 1 } };
      await server.ops.threads.put(id(digit), { metadata, if_exists: 'raise' }, alice);
      const created_at = new Date(digit * 1000).toISOString();
      await shared.tables
        .updateTable('agent_threads')
        .set({ created_at })
        .where('thread_id', '=', id(digit))
        .execute();
    }
    await server.ops.threads.put(id(4), { if_exists: 'raise' }, bob);
    const [run] = await server.put(id(2), { caller: alice });
    await server.ops.runs.join(run?.run_id ?? '', id(2), undefined);
    await shared.tables
      .updateTable('agent_threads')
      .set({ state_values: '{"name":"two"}', status: 'interrupted' })
      .where('thread_id', '=', id(2))
      .execute();
  });

  it.each([
    ['finds a person’s own, newest first', {}, [3, 2, 1]],
    ['oldest first', { sort_order: 'asc' }, [1, 2, 3]],
    ['by id', { sort_by: 'thread_id', sort_order: 'asc' }, [1, 2, 3]],
    ['a page of them', { limit: 1, offset: 1 }, [2]],
    ['by status', { status: 'interrupted' }, [2]],
    ['by metadata', { metadata: { tags: { odd: true } } }, [3, 1]],
    ['by ids, those of others left out', { ids: [id(1), id(4)] }, [1]],
    ['by values, where a thread has any', { values: { name: 'three' } }, [3, 1]],
  ] as const)('%s', async (_title, search, digits) => {
    const found = await find(search as Search);

    expect(found.map(([threadId]) => threadId)).toEqual(digits.map((digit) => id(digit)));
  });

  it('tells how many there are beside the page', async () => {
    expect((await find({ limit: 1 })).map(([, total]) => total)).toEqual([3]);
    expect(await server.ops.threads.count({}, alice)).toBe(3);
    expect(await server.ops.threads.count({ status: 'interrupted' }, alice)).toBe(1);
    expect(await server.ops.threads.count({}, bob)).toBe(1);
  });
});
