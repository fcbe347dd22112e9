import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestRecords, TestServer } from '../../support/agent-records.js';
import { assistantId, openTestRecords } from '../../support/agent-records.js';

let shared: TestRecords;
let ops: TestServer['ops'];

beforeEach(async () => {
  shared = await openTestRecords();
  ({ ops } = await shared.open());
});
afterEach(() => shared.close());

const offered = { graph_id: 'graph', config: {}, context: {}, if_exists: 'do_nothing' } as const;

const search = async (wanted: object): Promise<string[]> => {
  const names: string[] = [];
  for await (const { assistant } of ops.assistants.search({ limit: 10, offset: 0, ...wanted }, undefined))
    names.push(assistant.name);
  return names;
};

describe('an assistant', () => {
  it('is named after its graph, and stays as it is when a server starts again', async () => {
    const first = await ops.assistants.get(assistantId, undefined);

    const again = await ops.assistants.put(assistantId, { ...offered, name: 'another' }, undefined);

    expect(first).toMatchObject({ name: 'graph', graph_id: 'graph', version: 1, description: null });
    expect(again).toEqual(first);
    const raised = ops.assistants.put(assistantId, { ...offered, if_exists: 'raise' }, undefined);
    await expect(raised).rejects.toMatchObject({ status: 409 });
  });

  it('is found by graph, by a part of its name, and by metadata', async () => {
    await ops.assistants.put('two', { ...offered, name: 'Second', metadata: { a: { b: 1 } } }, undefined);

    expect(await search({ name: 'SECO' })).toEqual(['Second']);
    expect(await search({ graph_id: 'graph', metadata: { a: { b: 1 } } })).toEqual(['Second']);
    expect(await search({ graph_id: 'none' })).toEqual([]);
    expect(await ops.assistants.count({ graph_id: 'graph' }, undefined)).toBe(2);
  });

  it('keeps every version, and takes an older one up again', async () => {
    await ops.assistants.patch(assistantId, { name: 'newer', metadata: { a: 1 } }, undefined);
    await ops.assistants.patch(assistantId, { config: { tags: ['x'] } }, undefined);

    const versions = await ops.assistants.getVersions(assistantId, { limit: 10, offset: 0 }, undefined);
    const older = await ops.assistants.setLatest(assistantId, 1, undefined);

    expect(versions.map(({ version, name }) => [version, name])).toEqual([
      [3, 'newer'],
      [2, 'newer'],
      [1, 'graph'],
    ]);
    expect(older).toMatchObject({ version: 1, name: 'graph', config: {}, metadata: {} });
    await expect(ops.assistants.setLatest(assistantId, 9, undefined)).rejects.toMatchObject({ status: 404 });
    expect((await ops.assistants.patch(assistantId, { name: 'newest' }, undefined)).version).toBe(4);
  });

  it('that is deleted goes with its versions and runs, and with its threads when that is asked for', async () => {
    const thread = '11111111-1111-4111-8111-111111111111';
    await ops.runs.put('run', assistantId, {}, { threadId: thread, ifNotExists: 'create' }, undefined);
    await ops.runs.wait('run', thread, undefined);

    expect(await ops.assistants.delete(assistantId, true, undefined)).toEqual([assistantId]);

    expect(await shared.tables.selectFrom('agent_assistant_versions').selectAll().execute()).toEqual([]);
    expect(await shared.tables.selectFrom('agent_threads').selectAll().execute()).toEqual([]);
    await expect(ops.assistants.get(assistantId, undefined)).rejects.toMatchObject({ status: 404 });
    await expect(ops.runs.put('other', assistantId, {}, {}, undefined)).rejects.toMatchObject({
      status: 404,
    });
  });
});
