import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyCheckpoint, MemorySaver } from '@langchain/langgraph';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCheckpointer, pinCheckpointer } from '../../src/server/open-checkpointer.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpointer-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = () => openCheckpointer({ url: undefined, file: join(folder, 'agent.db') });
const config = { configurable: { thread_id: 'thread-1', checkpoint_ns: '' } };

async function put(
  checkpointer: Awaited<ReturnType<typeof open>>['checkpointer'],
  text: string,
): Promise<void> {
  const checkpoint = { ...emptyCheckpoint(), channel_values: { text: text.repeat(500) } };
  await checkpointer.put(config, checkpoint, { source: 'loop', step: 1, parents: {} }, {});
}

describe('openCheckpointer', () => {
  it('finds again what was kept before', async () => {
    const first = await open();
    await put(first.checkpointer, 'kept');
    await first.close();

    const second = await open();
    const tuple = await second.checkpointer.getTuple(config);
    await second.close();

    expect(tuple?.checkpoint.channel_values['text']).toContain('kept');
  });

  it('refuses a file that is open already', async () => {
    const first = await open();

    await expect(open()).rejects.toMatchObject({ code: 'ERR_CONFIG', path: 'DATA_DIR' });
    await first.close();
  });

  it('leaves nothing of a deleted thread on the disk', async () => {
    const { checkpointer, close } = await open();
    await put(checkpointer, 'forgotten');
    await checkpointer.deleteThread('thread-1');
    await close();

    for (const file of await readdir(folder)) {
      expect([file, (await readFile(join(folder, file), 'latin1')).includes('forgotten')]).toEqual([
        file,
        false,
      ]);
    }
  });

  it('says which setting is wrong when PostgreSQL does not answer', async () => {
    const url = 'postgres://user:secret@127.0.0.1:9/none';

    await expect(openCheckpointer({ url, file: '' })).rejects.toMatchObject({ path: 'DATABASE_URL' });
  });
});

describe('pinCheckpointer', () => {
  it('keeps the checkpointer whatever is assigned afterwards', () => {
    const graph: { checkpointer?: unknown } = {};
    const pinned = new MemorySaver();

    pinCheckpointer(graph, pinned);
    graph.checkpointer = new MemorySaver();

    expect(graph.checkpointer).toBe(pinned);
  });
});
