import { emptyCheckpoint, MemorySaver } from '@langchain/langgraph';
import { describe, expect, it } from 'vitest';
import type { Principal } from '../../src/auth/principal.js';
import { readOpenInterrupts, requireOwnCheckpoints } from '../../src/server/open-interrupts.js';

const config = { configurable: { thread_id: 'thread-1', checkpoint_ns: '' } };
const metadata = { source: 'loop', step: 1, parents: {} } as const;
const owner = { issuer: 'https://id.example', subject: 'alice' };
const principalOf = (subject: string, issuer = owner.issuer): Principal => ({
  issuer,
  subject,
  organization: undefined,
  scopes: [],
  audiences: [],
  expiresAt: 0,
  tokenId: undefined,
});

describe('readOpenInterrupts', () => {
  it('finds what waits in the newest checkpoint', async () => {
    const saver = new MemorySaver();
    const stored = await saver.put(config, emptyCheckpoint(), metadata);
    await saver.putWrites(stored, [['__interrupt__', [{ id: 'i1', value: 'question' }]]], 'task-1');
    await saver.putWrites(stored, [['messages', ['no interrupt']]], 'task-2');

    expect(await readOpenInterrupts(saver, 'thread-1')).toEqual([{ id: 'i1', value: 'question' }]);
  });

  it('finds nothing on a thread without a checkpoint', async () => {
    expect(await readOpenInterrupts(new MemorySaver(), 'thread-1')).toEqual([]);
  });
});

describe('requireOwnCheckpoints', () => {
  it('hides a thread from everybody but the owner in its checkpoint', async () => {
    const saver = new MemorySaver();
    await saver.put(config, { ...emptyCheckpoint(), channel_values: { _threadOwner: owner } }, metadata);
    const ask = (principal: Principal) => requireOwnCheckpoints(saver, 'thread-1', principal);

    await expect(ask(principalOf('alice'))).resolves.toBeUndefined();
    await expect(ask(principalOf('bob'))).rejects.toMatchObject({ status: 404 });
    await expect(ask(principalOf('alice', 'https://other.example'))).rejects.toMatchObject({ status: 404 });
  });

  it('does nothing for a thread that nobody has used, and for no thread', async () => {
    await expect(
      requireOwnCheckpoints(new MemorySaver(), 'thread-1', principalOf('bob')),
    ).resolves.toBeUndefined();
    await expect(
      requireOwnCheckpoints(new MemorySaver(), undefined, principalOf('bob')),
    ).resolves.toBeUndefined();
  });
});
