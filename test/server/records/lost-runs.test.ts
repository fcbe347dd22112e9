import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lostRunMessage } from '../../../src/server/records/lost-runs.js';
import type { TestRecords, TestServer } from '../../support/agent-records.js';
import { createHeldWork, openTestRecords } from '../../support/agent-records.js';

let shared: TestRecords;

beforeEach(async () => {
  shared = await openTestRecords();
});
afterEach(() => shared.close());

const thread = '11111111-1111-4111-8111-111111111111';

/** What a crash leaves: the server's row, which no heartbeat renews, and runs that nobody executes. */
async function crash(server: TestServer, runId = ''): Promise<void> {
  const { server_id } = await shared.tables
    .selectFrom('agent_runs')
    .select('server_id')
    .where('run_id', '=', runId)
    .executeTakeFirstOrThrow();
  // Its connection is lost to it: what it does from here on reaches no record.
  server.ops.runs.setStatus = () => Promise.resolve();
  await shared.tables
    .updateTable('agent_servers')
    .set({ seen_at: 0 })
    .where('server_id', '=', server_id)
    .execute();
}

/** Work that begins and is heard of no more. */
function createSilentWork() {
  const begun: string[] = [];
  const work = async ({ run }: { run: { run_id: string } }): Promise<never> => {
    begun.push(run.run_id);
    return new Promise(() => undefined);
  };
  return { begun, work };
}

const stateOf = async ({ ops }: TestServer, runId = '') => {
  const run = await ops.runs.get(runId, thread, undefined);
  const { status, error } = (await ops.threads.get(thread, undefined)) as { status: string; error?: string };
  return { run: run?.status, thread: status, error };
};

describe('the runs of a server that is gone', () => {
  it('are closed with the reason, and the thread takes the next', async () => {
    const silent = createSilentWork();
    const first = await shared.open({ ...silent, pollMs: 3_600_000 });
    const [run] = await first.put(thread);
    await expect.poll(() => silent.begun).toHaveLength(1);
    await crash(first, run?.run_id);

    const second = await shared.open();

    expect(await stateOf(second, run?.run_id)).toEqual({
      run: 'error',
      thread: 'error',
      error: lostRunMessage,
    });
    expect(shared.lines.filter((line) => line.includes('"run.closed"'))).toHaveLength(1);
    const [next] = await second.put(thread);
    await second.ops.runs.wait(next?.run_id ?? '', thread, undefined);
    expect(await stateOf(second, next?.run_id)).toEqual({ run: 'success', thread: 'idle', error: undefined });
  });

  it('leave a question open that was open', async () => {
    const silent = createSilentWork();
    const first = await shared.open({ ...silent, pollMs: 3_600_000 });
    const [run] = await first.put(thread);
    await expect.poll(() => silent.begun).toHaveLength(1);
    Object.assign(shared.state, {
      values: { messages: ['asked'] },
      tasks: [{ id: 'task', interrupts: [{ value: 'may I?' }] }],
    });
    await crash(first, run?.run_id);

    const { ops } = await shared.open();

    expect(await ops.threads.get(thread, undefined)).toMatchObject({
      status: 'interrupted',
      values: { messages: ['asked'] },
      interrupts: { task: [{ value: 'may I?' }] },
    });
  });

  it('that had not begun leave their thread at rest', async () => {
    const first = await shared.open({ pollMs: 3_600_000 });
    const [run] = await first.put(thread, { afterSeconds: 3600 });
    await crash(first, run?.run_id);

    const second = await shared.open();

    expect(await stateOf(second, run?.run_id)).toEqual({ run: 'error', thread: 'idle', error: undefined });
  });

  it('that were asked for without a thread leave neither record nor checkpoint', async () => {
    const silent = createSilentWork();
    const first = await shared.open({ ...silent, pollMs: 3_600_000 });
    const [run] = await first.put(undefined, { kwargs: { temporary: true } });
    await expect.poll(() => silent.begun).toHaveLength(1);
    await crash(first, run?.run_id);

    await shared.open();

    expect(shared.deletedThreads).toEqual([run?.thread_id]);
    expect(await shared.tables.selectFrom('agent_threads').selectAll().execute()).toEqual([]);
  });

  it('are closed also where nobody can read what their thread came to', async () => {
    const silent = createSilentWork();
    const first = await shared.open({ ...silent, pollMs: 3_600_000 });
    const [run] = await first.put(thread);
    await expect.poll(() => silent.begun).toHaveLength(1);
    Object.defineProperty(shared.state, 'values', {
      get: () => {
        throw new TypeError('A checkpoint of a later version.');
      },
    });
    await crash(first, run?.run_id);

    const second = await shared.open();

    expect(await stateOf(second, run?.run_id)).toMatchObject({ run: 'error', thread: 'error' });
    expect(shared.lines.filter((line) => line.includes('"thread.unreadable"'))).toHaveLength(1);
  });

  it('are found by a server that runs already', async () => {
    const silent = createSilentWork();
    const first = await shared.open({ ...silent, pollMs: 3_600_000 });
    const second = await shared.open();
    const [run] = await first.put(thread);
    await expect.poll(() => silent.begun).toHaveLength(1);
    const waiting = second.ops.runs.wait(run?.run_id ?? '', thread, undefined);

    await crash(first, run?.run_id);

    expect(await waiting).toEqual({
      __error__: {
        error: 'Error',
        message: JSON.stringify({ error: 'ServerStopped', message: lostRunMessage }),
      },
    });
  });

  it('are not closed while it is heard of', async () => {
    const held = createHeldWork();
    const first = await shared.open(held);
    const [run] = await first.put(thread);
    await expect.poll(() => held.begun).toHaveLength(1);

    const second = await shared.open({ sharing: 'shared' });

    expect(await stateOf(second, run?.run_id)).toMatchObject({ run: 'running', thread: 'busy' });
    held.letGo();
  });

  it('are all closed at once where no other server may be, as on a SQLite file', async () => {
    const silent = createSilentWork();
    const first = await shared.open({ ...silent, pollMs: 3_600_000 });
    const [run] = await first.put(thread);
    await expect.poll(() => silent.begun).toHaveLength(1);

    const second = await shared.open({ sharing: 'alone' });

    expect(await stateOf(second, run?.run_id)).toMatchObject({ run: 'error', thread: 'error' });
  });
});

describe('a server that was taken for gone', () => {
  it('ends the run that was closed, and writes nothing of its end', async () => {
    const held = createHeldWork();
    const aborted: unknown[] = [];
    const first = await shared.open({
      work: (run) => {
        run.signal.addEventListener('abort', () => aborted.push(run.signal.reason));
        return held.work(run);
      },
    });
    const [run] = await first.put(thread);
    await expect.poll(() => held.begun).toHaveLength(1);

    await shared.tables
      .updateTable('agent_runs')
      .set({ status: 'error', error: lostRunMessage })
      .where('run_id', '=', run?.run_id ?? '')
      .execute();

    await shared.tables.updateTable('agent_threads').set({ status: 'error' }).execute();
    await expect.poll(() => aborted).toEqual(['interrupt']);
    expect(await first.records.drain(60_000)).toBe(true);

    expect(await stateOf(first, run?.run_id)).toMatchObject({ run: 'error', thread: 'error' });
  });

  it('enters itself again, and goes on with what nobody closed', async () => {
    const held = createHeldWork();
    const first = await shared.open(held);
    const [run] = await first.put(thread);
    await expect.poll(() => held.begun).toHaveLength(1);

    await shared.tables.deleteFrom('agent_servers').execute();
    await expect.poll(() => shared.tables.selectFrom('agent_servers').selectAll().execute()).toHaveLength(1);
    held.letGo();
    await first.ops.runs.wait(run?.run_id ?? '', thread, undefined);

    expect(await stateOf(first, run?.run_id)).toMatchObject({ run: 'success', thread: 'idle' });
  });
});
