import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BaseCheckpointSaver } from '@langchain/langgraph';
import { MemorySaver, emptyCheckpoint } from '@langchain/langgraph';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createThreadClaims, readThreadOwner } from '../../src/runtime/thread-claims.js';
import { toThreadOwner } from '../../src/runtime/thread-owner.js';
import { openCheckpointer } from '../../src/server/open-checkpointer.js';
import { callerFor } from '../support/test-platform.js';

const { principal: alice } = callerFor('alice');
const { principal: bob } = callerFor('bob');

/** A saver that replaces a write instead of keeping the first, as another maker’s may. */
class ReplacingSaver extends MemorySaver {
  override async putWrites(...write: Parameters<MemorySaver['putWrites']>): Promise<void> {
    const [{ configurable }] = write;
    const at = JSON.stringify([
      configurable?.['thread_id'],
      configurable?.['checkpoint_ns'],
      configurable?.['checkpoint_id'],
    ]);
    this.writes[at] = {};
    await super.putWrites(...write);
  }
}

const savers: Readonly<
  Record<string, (folder: string) => Promise<{ checkpointer: BaseCheckpointSaver; close(): Promise<void> }>>
> = {
  memory: () => Promise.resolve({ checkpointer: new MemorySaver(), close: () => Promise.resolve() }),
  'a saver that replaces': () =>
    Promise.resolve({ checkpointer: new ReplacingSaver(), close: () => Promise.resolve() }),
  SQLite: (folder) => openCheckpointer({ url: undefined, file: join(folder, 'threads.db') }),
};

describe.each(Object.keys(savers))('createThreadClaims over %s', (kind) => {
  let folder: string;
  let opened: { checkpointer: BaseCheckpointSaver; close(): Promise<void> };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'graph-fleet-claims-'));
    opened = await savers[kind]!(folder);
  });
  afterEach(async () => {
    await opened.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('gives a thread to the first who claims it, and to nobody after them', async () => {
    const claims = createThreadClaims();

    expect(await claims.claim(opened.checkpointer, 'thread-1', alice)).toMatchObject({ subject: 'alice' });
    expect(await claims.claim(opened.checkpointer, 'thread-1', bob)).toMatchObject({ subject: 'alice' });
    expect(await claims.claim(opened.checkpointer, 'thread-2', bob)).toMatchObject({ subject: 'bob' });
    expect(await readThreadOwner(opened.checkpointer, 'thread-1')).toMatchObject({ subject: 'alice' });
  });

  it('gives a thread to one of all who claim it at the same time', async () => {
    const claims = createThreadClaims();
    const everybody = Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? alice : bob));

    const owners = await Promise.all(
      everybody.map((person) => claims.claim(opened.checkpointer, 'thread-1', person)),
    );

    expect(new Set(owners.map(({ subject }) => subject)).size).toBe(1);
  });

  it('belongs to whom the state of an older thread names', async () => {
    const checkpoint = { ...emptyCheckpoint(), channel_values: { _threadOwner: toThreadOwner(alice) } };
    const config = { configurable: { thread_id: 'thread-1', checkpoint_ns: '' } };
    await opened.checkpointer.put(config, checkpoint, { source: 'loop', step: 1, parents: {} }, {});

    expect(await readThreadOwner(opened.checkpointer, 'thread-1')).toMatchObject({ subject: 'alice' });
    expect(await createThreadClaims().claim(opened.checkpointer, 'thread-1', bob)).toMatchObject({
      subject: 'alice',
    });
  });

  it('goes with the thread, and is no part of its history', async () => {
    const claims = createThreadClaims();
    await claims.claim(opened.checkpointer, 'thread-1', alice);

    const newest = { configurable: { thread_id: 'thread-1', checkpoint_ns: '' } };
    expect(await opened.checkpointer.getTuple(newest)).toBeUndefined();
    await opened.checkpointer.deleteThread('thread-1');

    expect(await readThreadOwner(opened.checkpointer, 'thread-1')).toBeUndefined();
    expect(await claims.claim(opened.checkpointer, 'thread-1', bob)).toMatchObject({ subject: 'bob' });
  });
});

describe('two claims at the same time over a saver that replaces', () => {
  it('take turns, so that the later one finds the earlier one', async () => {
    const saver = new ReplacingSaver();
    const write = saver.putWrites.bind(saver);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let writes = 0;
    saver.putWrites = async (...args) => {
      writes += 1;
      if (writes === 2) await held;
      await write(...args);
    };
    const claims = createThreadClaims();

    const first = claims.claim(saver, 'thread-1', alice);
    const second = claims.claim(saver, 'thread-1', bob);
    const owner = await first;
    release();

    expect(await second).toMatchObject({ subject: owner.subject });
  });
});
