import { ToolMessage } from '@langchain/core/messages';
import { emptyCheckpoint } from '@langchain/langgraph';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApprovalLedger } from '../../src/runtime/approval-ledger.js';
import { openCheckpointer } from '../../src/server/open-checkpointer.js';
import { callerFor } from '../support/test-platform.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';

let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server.close());

const subject = {
  threadId: 'thread-1',
  principal: callerFor('alice').principal,
  toolCallId: 'call_1',
  tool: 'make',
  args: { name: 'orders' },
};

describe('a used approval on PostgreSQL', () => {
  it('lets its call go again until a step of the thread holds the outcome, for every process', async () => {
    const url = await server.createDatabase();
    const [one, two] = await Promise.all([1, 2].map(() => openCheckpointer({ url, file: 'unused' })));
    if (one === undefined || two === undefined) throw new Error('unreachable');
    const [first, second] = [createApprovalLedger(one.checkpointer), createApprovalLedger(two.checkpointer)];
    await first.ask(subject, { server: 's', generation: 'own' });
    await first.approve(subject);
    const uses = await Promise.all([first.use(subject), second.use(subject)]);

    expect(uses.filter(Boolean)).toHaveLength(1);
    expect([await first.mayRepeat(subject), await second.mayRepeat(subject)]).toEqual([true, true]);

    const thread = { configurable: { thread_id: 'thread-1', checkpoint_ns: '' } };
    const metadata = { source: 'loop', step: 1, parents: {} } as const;
    const stored = await one.checkpointer.put(thread, emptyCheckpoint(), metadata, {});
    const answer = new ToolMessage({ tool_call_id: 'call_1', content: 'made' });
    await one.checkpointer.putWrites(stored, [['messages', [answer]]], 'task-1');

    expect([await first.mayRepeat(subject), await second.mayRepeat(subject)]).toEqual([false, false]);
    await Promise.all([one.close(), two.close()]);
  });
});
