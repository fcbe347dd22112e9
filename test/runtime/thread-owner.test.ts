import { MemorySaver, emptyCheckpoint } from '@langchain/langgraph';
import { describe, expect, it } from 'vitest';
import {
  keepFirstOwner,
  readRecordedOwner,
  requireOwner,
  toThreadOwner,
} from '../../src/runtime/thread-owner.js';
import { callerFor } from '../support/test-platform.js';

const { principal } = callerFor('alice');
const alice = toThreadOwner(principal);

describe('requireOwner', () => {
  it('lets the owner in, and anybody where there is none', () => {
    expect(() => requireOwner(alice, principal)).not.toThrow();
    expect(() => requireOwner(undefined, principal)).not.toThrow();
  });

  it.each([
    ['subject', { ...alice, subject: 'bob' }],
    ['issuer', { ...alice, issuer: 'http://elsewhere' }],
  ])('refuses another %s', (_title, owner) => {
    expect(() => requireOwner(owner, principal)).toThrow(/belongs to another person/);
  });
});

describe('keepFirstOwner', () => {
  it('takes the first and keeps it', () => {
    expect(keepFirstOwner(undefined, alice)).toEqual(alice);
    expect(keepFirstOwner(alice, { ...alice, subject: 'mallory' })).toEqual(alice);
    expect(keepFirstOwner(alice, undefined)).toEqual(alice);
  });
});

describe('readRecordedOwner', () => {
  async function saverWith(owner: unknown): Promise<MemorySaver> {
    const saver = new MemorySaver();
    const checkpoint = { ...emptyCheckpoint(), channel_values: { _threadOwner: owner } };
    const config = { configurable: { thread_id: 'thread-1', checkpoint_ns: '' } };
    await saver.put(config, checkpoint, { source: 'loop', step: 1, parents: {} });
    return saver;
  }

  it('reads the newest checkpoint', async () => {
    const saver = await saverWith(alice);

    expect(await readRecordedOwner(saver, 'thread-1')).toEqual(alice);
    expect(await readRecordedOwner(saver, 'thread-2')).toBeUndefined();
  });

  it('does not take an owner of another form for nobody', async () => {
    const saver = await saverWith('alice');

    await expect(readRecordedOwner(saver, 'thread-1')).rejects.toThrow();
  });
});
