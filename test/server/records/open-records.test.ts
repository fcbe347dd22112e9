import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestRecords } from '../../support/agent-records.js';
import { createHeldWork, openTestRecords, wellEnded } from '../../support/agent-records.js';

let shared: TestRecords;

beforeEach(async () => {
  shared = await openTestRecords();
});
afterEach(() => shared.close());

const thread = '11111111-1111-4111-8111-111111111111';
const other = '22222222-2222-4222-8222-222222222222';

describe('drain', () => {
  it('refuses new runs with 503, and waits for those that were accepted', async () => {
    const held = createHeldWork();
    const { records, put, ops } = await shared.open(held);
    const [run] = await put(thread);
    const [queued] = await put(thread, { multitaskStrategy: 'enqueue' });
    await put(other, { afterSeconds: 3600 });

    const draining = records.drain(60_000);
    const refused: unknown = await put(other).catch((error: unknown) => error);
    held.letGo();

    expect(refused).toMatchObject({ status: 503 });
    expect(await draining).toBe(true);
    for (const id of [run, queued].map((each) => each?.run_id ?? ''))
      expect((await ops.runs.get(id, thread, undefined))?.status).toBe('success');
  });

  it('gives up at its limit', async () => {
    const held = createHeldWork();
    const { records, put } = await shared.open(held);
    await put(thread);
    await expect.poll(() => held.begun).toHaveLength(1);

    expect(await records.drain(1)).toBe(false);
    held.letGo();
  });
});

describe('close', () => {
  it('tells whoever waits that the run was cut, and closes it for everybody', async () => {
    const held = createHeldWork();
    const { records, put, ops } = await shared.open(held);
    const [run] = await put(thread);
    await expect.poll(() => held.begun).toHaveLength(1);
    const waiting = ops.runs.wait(run?.run_id ?? '', thread, undefined);
    await new Promise(setImmediate);

    await records.close();
    await records.close();

    expect(JSON.stringify(await waiting)).toContain('has stopped; send your message again');
    const rows = await shared.tables.selectFrom('agent_runs').select(['status', 'error']).execute();
    expect(rows).toEqual([{ status: 'error', error: expect.stringContaining('send your message again') }]);
    expect(await shared.tables.selectFrom('agent_servers').selectAll().execute()).toEqual([]);
  });
});

describe('a database that is away', () => {
  it('is a 503 to whoever asks, and what ends meanwhile is recorded when it is back', async () => {
    const held = createHeldWork();
    const server = await shared.open(held);
    const [run] = await server.put(thread);
    await expect.poll(() => held.begun).toHaveLength(1);
    await shared.tables.schema.alterTable('agent_threads').renameTo('away').execute();

    const asked: unknown = await server.ops.threads.get(thread, undefined).catch((error: unknown) => error);
    held.letGo();
    await expect.poll(() => shared.lines.some((line) => line.includes('"run.end.unrecorded"'))).toBe(true);
    await shared.tables.schema.alterTable('away').renameTo('agent_threads').execute();
    const answer = await server.ops.runs.join(run?.run_id ?? '', thread, undefined);

    expect(asked).toMatchObject({
      status: 503,
      message: 'The database does not answer now; try again soon.',
    });
    expect(answer).toEqual({ ended: run?.run_id });
    const [next] = await server.put(thread);
    await server.ops.runs.join(next?.run_id ?? '', thread, undefined);
    expect((await server.ops.runs.get(next?.run_id ?? '', thread, undefined))?.status).toBe('success');
  });

  it('is told to the operator once when it goes, and once when it is back', async () => {
    await shared.open({ work: async () => wellEnded() });
    await shared.tables.schema.alterTable('agent_servers').renameTo('away').execute();
    const told = (event: string): number => shared.lines.filter((line) => line.includes(`"${event}"`)).length;
    await expect.poll(() => told('records.database.away')).toBe(1);
    await shared.tables.schema.alterTable('away').renameTo('agent_servers').execute();
    await expect.poll(() => told('records.database.back')).toBe(1);

    expect(told('records.database.away')).toBe(1);
  });
});

describe('truncate', () => {
  it('is refused: one request would delete everybody’s records', async () => {
    const { ops } = await shared.open();

    expect(() => ops.truncate({ threads: true })).toThrow(expect.objectContaining({ status: 404 }));
  });
});
