import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BaseCheckpointSaver } from '@langchain/langgraph';
import { ToolMessage } from '@langchain/core/messages';
import { MemorySaver, emptyCheckpoint } from '@langchain/langgraph';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApprovalSubject } from '../../src/runtime/approval-ledger.js';
import { approvalDigest, createApprovalLedger } from '../../src/runtime/approval-ledger.js';
import { openCheckpointer } from '../../src/server/open-checkpointer.js';

const principal = {
  issuer: 'http://localhost/test',
  subject: 'alice',
  organization: 'acme',
  scopes: ['platform'],
  audiences: ['x'],
  expiresAt: 4_000_000_000,
  tokenId: 't1',
};

const target = { server: 'platform', generation: 'own' };

function subjectWith(changes: Partial<ApprovalSubject> = {}): ApprovalSubject {
  const args = { name: 'orders', spec: { size: 1 } };
  return { threadId: 'thread-1', principal, toolCallId: 'call_1', tool: 'make', args, ...changes };
}

const savers: Readonly<
  Record<string, (folder: string) => Promise<{ checkpointer: BaseCheckpointSaver; close(): Promise<void> }>>
> = {
  memory: () => Promise.resolve({ checkpointer: new MemorySaver(), close: () => Promise.resolve() }),
  SQLite: (folder) => openCheckpointer({ url: undefined, file: join(folder, 'threads.db') }),
};

describe.each(Object.keys(savers))('createApprovalLedger over %s', (kind) => {
  let folder: string;
  let opened: { checkpointer: BaseCheckpointSaver; close(): Promise<void> };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'graph-fleet-ledger-'));
    opened = await savers[kind]!(folder);
  });

  afterEach(async () => {
    await opened.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('moves an approval from unknown to used', async () => {
    const ledger = createApprovalLedger(opened.checkpointer);
    const subject = subjectWith();

    expect(await ledger.state(subject)).toBe('unknown');
    await ledger.ask(subject, target);
    expect(await ledger.state(subject)).toBe('asked');
    expect(await ledger.use(subject)).toBe(false);
    await ledger.approve(subject);
    expect(await ledger.state(subject)).toBe('approved');
    expect(await ledger.use(subject)).toBe(true);
    expect(await ledger.state(subject)).toBe('used');
    expect(await ledger.use(subject)).toBe(false);
  });

  it('lets one of many uses at once win', async () => {
    const ledger = createApprovalLedger(opened.checkpointer);
    await ledger.ask(subjectWith(), target);
    await ledger.approve(subjectWith());

    const uses = await Promise.all(Array.from({ length: 50 }, () => ledger.use(subjectWith())));

    expect(uses.filter(Boolean)).toHaveLength(1);
  });

  it('lets at most one of two ledgers on one checkpointer win', async () => {
    const [one, two] = [createApprovalLedger(opened.checkpointer), createApprovalLedger(opened.checkpointer)];
    await one.ask(subjectWith(), target);
    await one.approve(subjectWith());

    const uses = await Promise.all([one.use(subjectWith()), two.use(subjectWith())]);

    expect(uses.filter(Boolean).length).toBeLessThanOrEqual(1);
    expect(await one.use(subjectWith())).toBe(false);
  });

  it('lets an approval be used again as often as it was given back', async () => {
    const ledger = createApprovalLedger(opened.checkpointer);
    await ledger.ask(subjectWith(), target);
    await ledger.approve(subjectWith());

    for (let turn = 0; turn < 3; turn += 1) {
      expect(await ledger.use(subjectWith())).toBe(true);
      await ledger.giveBack(subjectWith());
      expect(await ledger.state(subjectWith())).toBe('approved');
    }

    expect(await ledger.use(subjectWith())).toBe(true);
    expect(await ledger.use(subjectWith())).toBe(false);
  });

  it('keeps a decline, whatever comes after it', async () => {
    const ledger = createApprovalLedger(opened.checkpointer);
    await ledger.ask(subjectWith(), target);
    await ledger.decline(subjectWith());
    await ledger.approve(subjectWith());
    await ledger.ask(subjectWith(), target);

    expect(await ledger.state(subjectWith())).toBe('declined');
    expect(await ledger.use(subjectWith())).toBe(false);
  });

  it('remembers how many answers came before the question', async () => {
    const ledger = createApprovalLedger(opened.checkpointer);
    await ledger.ask(subjectWith(), target, 2);
    await ledger.ask(subjectWith({ toolCallId: 'call_2' }), target);

    expect(await ledger.askedAfter(subjectWith())).toBe(2);
    expect(await ledger.askedAfter(subjectWith({ toolCallId: 'call_2' }))).toBe(0);
  });

  it('remembers where the call goes, as the person was shown it first', async () => {
    const ledger = createApprovalLedger(opened.checkpointer);
    expect(await ledger.target(subjectWith())).toBeUndefined();
    await ledger.ask(subjectWith(), target);
    await ledger.ask(subjectWith(), { server: 'elsewhere', generation: 'newer' });

    expect(await createApprovalLedger(opened.checkpointer).target(subjectWith())).toEqual(target);
  });

  it('lets no call out by an approval that does not say where the call goes', async () => {
    const saver = opened.checkpointer;
    const putWrites = saver.putWrites.bind(saver);
    // The question as earlier versions recorded it.
    saver.putWrites = (config, writes, taskId) =>
      putWrites(
        config,
        writes.map(([step, value]) => [step, step === 'asked' ? 3 : value]),
        taskId,
      );
    const ledger = createApprovalLedger(saver);
    await ledger.ask(subjectWith(), target);
    await ledger.approve(subjectWith());

    expect(await ledger.askedAfter(subjectWith())).toBe(3);
    expect(await ledger.state(subjectWith())).toBe('approved');
    expect(await ledger.target(subjectWith())).toBeUndefined();
    expect(await ledger.use(subjectWith())).toBe(false);
  });

  it('keeps a decline that was never asked for', async () => {
    const ledger = createApprovalLedger(opened.checkpointer);

    await ledger.decline(subjectWith());
    await ledger.ask(subjectWith(), target);

    expect(await ledger.state(subjectWith())).toBe('declined');
  });

  it.each<[string, Partial<ApprovalSubject>]>([
    ['thread', { threadId: 'thread-2' }],
    ['subject', { principal: { ...principal, subject: 'mallory' } }],
    ['issuer', { principal: { ...principal, issuer: 'http://elsewhere' } }],
    ['tool call', { toolCallId: 'call_2' }],
    ['tool', { tool: 'destroy' }],
    ['argument', { args: { name: 'orders', spec: { size: 2 } } }],
  ])('does not take an approval for another %s', async (_title, changes) => {
    const ledger = createApprovalLedger(opened.checkpointer);
    await ledger.ask(subjectWith(), target);
    await ledger.approve(subjectWith());

    expect(await ledger.state(subjectWith(changes))).toBe('unknown');
    expect(await ledger.use(subjectWith(changes))).toBe(false);
  });

  it('takes it for a renewed token, and for the same arguments in another order', async () => {
    const ledger = createApprovalLedger(opened.checkpointer);
    await ledger.ask(subjectWith(), target);
    await ledger.approve(subjectWith());
    const renewed = { ...principal, tokenId: 't2', expiresAt: principal.expiresAt + 1 };

    expect(
      await ledger.use(subjectWith({ principal: renewed, args: { spec: { size: 1 }, name: 'orders' } })),
    ).toBe(true);
  });

  it('lets the call of a used approval go again for six days, and no call that did not go out', async () => {
    let now = 1_000_000;
    const ledger = createApprovalLedger(opened.checkpointer, () => now);
    await ledger.ask(subjectWith(), target);
    await ledger.approve(subjectWith());
    expect(await ledger.mayRepeat(subjectWith())).toBe(false);
    await ledger.use(subjectWith());

    now += 6 * 86_400_000;
    expect(await ledger.mayRepeat(subjectWith())).toBe(true);
    expect(await ledger.mayRepeat(subjectWith({ args: { name: 'other' } }))).toBe(false);
    expect(await ledger.mayRepeat(subjectWith({ toolCallId: 'call_2' }))).toBe(false);
    now += 1;
    expect(await ledger.mayRepeat(subjectWith())).toBe(false);
  });

  it('lets none go again whose outcome the conversation holds', async () => {
    const ledger = createApprovalLedger(opened.checkpointer);
    await ledger.ask(subjectWith(), target);
    await ledger.approve(subjectWith());
    await ledger.use(subjectWith());
    expect(await ledger.mayRepeat(subjectWith())).toBe(true);

    const answer = new ToolMessage({ tool_call_id: 'call_1', content: 'made' });
    const checkpoint = { ...emptyCheckpoint(), channel_values: { messages: [answer] } };
    await opened.checkpointer.put(
      { configurable: { thread_id: 'thread-1', checkpoint_ns: '' } },
      checkpoint,
      { source: 'loop', step: 1, parents: {} },
      {},
    );

    expect(await ledger.mayRepeat(subjectWith())).toBe(false);
  });

  it('lets none go again whose use does not say when it was', async () => {
    const saver = opened.checkpointer;
    const putWrites = saver.putWrites.bind(saver);
    // The use as earlier versions recorded it.
    saver.putWrites = (config, writes, taskId) =>
      putWrites(
        config,
        writes.map(([step, value]) => [step, step === 'used:0' ? 'an-id' : value]),
        taskId,
      );
    const ledger = createApprovalLedger(saver);
    await ledger.ask(subjectWith(), target);
    await ledger.approve(subjectWith());
    await ledger.use(subjectWith());

    expect(await ledger.state(subjectWith())).toBe('used');
    expect(await ledger.mayRepeat(subjectWith())).toBe(false);
  });

  it('is found by the next ledger of the same checkpointer', async () => {
    const first = createApprovalLedger(opened.checkpointer);
    await first.ask(subjectWith(), target);
    await first.approve(subjectWith());

    expect(await createApprovalLedger(opened.checkpointer).use(subjectWith())).toBe(true);
  });
});

describe('createApprovalLedger over a checkpointer that replaces writes', () => {
  it('lets one of many uses at once win', async () => {
    const saver = new MemorySaver();
    const putWrites = saver.putWrites.bind(saver);
    let turns = 0;
    saver.putWrites = async (config, writes, taskId) => {
      turns += 5;
      for (let left = turns; left > 0; left -= 1) await new Promise(setImmediate);
      for (const kept of Object.values(saver.writes)) Reflect.deleteProperty(kept, `${taskId},0`);
      return putWrites(config, writes, taskId);
    };
    const ledger = createApprovalLedger(saver);
    await ledger.ask(subjectWith(), target);
    await ledger.approve(subjectWith());

    const uses = await Promise.all(Array.from({ length: 8 }, () => ledger.use(subjectWith())));

    expect(uses.filter(Boolean)).toHaveLength(1);
  });
});

describe('approvalDigest', () => {
  it('is one for equal calls and another for others', () => {
    const digest = approvalDigest('make', { a: 1, b: [1, 2] });

    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(approvalDigest('make', { b: [1, 2], a: 1 })).toBe(digest);
    for (const other of [{ a: 1, b: [2, 1] }, { a: '1', b: [1, 2] }, { a: 1 }]) {
      expect(approvalDigest('make', other)).not.toBe(digest);
    }
    expect(approvalDigest('other', { a: 1, b: [1, 2] })).not.toBe(digest);
  });
});
