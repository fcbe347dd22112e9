import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLiveRuns } from '../../../src/server/records/live-runs.js';
import { createRecordDatabase } from '../../../src/server/records/record-database.js';
import { createServerPresence } from '../../../src/server/records/server-presence.js';
import { createWakeSignal } from '../../../src/server/records/wake-signal.js';
import { createLogger } from '../../../src/logger.js';
import type { TestRecords } from '../../support/agent-records.js';
import { openTestRecords } from '../../support/agent-records.js';

let shared: TestRecords;
let now = 0;

beforeEach(async () => {
  now = 0;
  shared = await openTestRecords();
  await (await shared.open()).records.close();
});
afterEach(() => shared.close());

function createPresence(
  serverId: string,
  options: { pollMs?: number; closeLostRuns?: () => Promise<void> } = {},
) {
  const closed: string[] = [];
  const closing = new AbortController();
  const presence = createServerPresence({
    ...{ serverId, live: createLiveRuns(), changed: createWakeSignal(), pollMs: 3_600_000 },
    ...{ database: createRecordDatabase(shared.database), goneAfterSeconds: 10, sharing: 'shared' },
    closeLostRuns: async () => void closed.push(serverId),
    logger: createLogger({ write: () => undefined }),
    closing: closing.signal,
    clock: { now: () => now },
    ...options,
  });
  return { presence, closed, closing };
}

const servers = async (): Promise<string[]> =>
  (await shared.tables.selectFrom('agent_servers').select('server_id').execute()).map(
    ({ server_id }) => server_id,
  );

const silence = (serverId: string): Promise<unknown> =>
  shared.tables.updateTable('agent_servers').set({ seen_at: 0 }).where('server_id', '=', serverId).execute();

describe('createServerPresence', () => {
  it('takes out a server that was not heard of, and not one that was', async () => {
    const [one, other, third] = ['one', 'other', 'third'].map((id) => createPresence(id).presence);
    await one?.beat();
    await other?.beat();
    await third?.beat();

    await silence('other');
    await one?.beat();

    expect((await servers()).sort()).toEqual(['one', 'third']);
  });

  it('judges nobody after a silence of its own: where the database was away, it was away from all', async () => {
    const [one, other] = ['one', 'other'].map((id) => createPresence(id).presence);
    await one?.beat();
    await other?.beat();
    await silence('other');

    now += 6_000;
    await one?.beat();
    expect(await servers()).toHaveLength(2);
    for (let beat = 0; beat < 11; beat += 1) {
      now += 1_000;
      await one?.beat();
    }

    expect(await servers()).toEqual(['one']);
  });

  it('leaves with its row, and closes what it has not ended', async () => {
    const { presence, closed } = createPresence('one');
    await presence.beat();

    await presence.leave();

    expect(await servers()).toEqual([]);
    expect(closed).toEqual(['one', 'one']);
  });

  it('does not leave before the heartbeat that is under way, which would enter it again', async () => {
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let beats = 0;
    const closeLostRuns = async (): Promise<void> => {
      beats += 1;
      if (beats === 2) await held;
    };
    const { presence, closing } = createPresence('one', { pollMs: 1, closeLostRuns });
    await presence.enter();
    await expect.poll(() => beats).toBe(2);

    closing.abort();
    const leaving = presence.leave();
    await new Promise(setImmediate);
    const during = await servers();
    goOn();
    await leaving;

    expect([during, await servers()]).toEqual([['one'], []]);
  });
});
