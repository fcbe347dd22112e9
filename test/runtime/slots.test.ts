import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { createTokenVerifier } from '../../src/auth/token-verifier.js';
import type { ToolsetHolder } from '../../src/mcp-client/toolset.js';
import type { SlotsOptions } from '../../src/runtime/slots.js';
import { createSlots } from '../../src/runtime/slots.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';
import { toToolset } from '../support/toolset-of.js';

const empty = toToolset([]);

function create(options: Partial<SlotsOptions> = {}) {
  const { issuer, keys, token } = createTokenIssuer(['agent']);
  const loads: ToolsetHolder[] = [];
  const slots = createSlots({
    verifier: createTokenVerifier({ issuer, audience: 'agent', keys }),
    toolsets: {
      isLoaded: () => loads.length > 0,
      forModel: ({ credential, thread }) => {
        loads.push({ credential, thread });
        return Promise.resolve(empty);
      },
      forCall: () => Promise.resolve(empty),
    },
    ...options,
  });
  const enter = (threadId: string, subject: string, claims?: Readonly<Record<string, unknown>>) =>
    slots.enter(threadId, toBearerToken(token(subject, claims)));
  return { slots, enter, loads };
}

describe('createSlots', () => {
  it('gives one slot for a thread and a person, whatever the token', async () => {
    const { enter, loads } = create();

    const first = await enter('thread-1', 'alice');
    const second = await enter('thread-1', 'alice');
    await first.toolset();

    expect(second).toBe(first);
    expect(loads.map(({ thread }) => thread)).toEqual(['thread-1']);
  });

  it('gives another slot for another thread and for another person', async () => {
    const { enter, slots } = create();

    const mine = await enter('thread-1', 'alice');

    expect(await enter('thread-2', 'alice')).not.toBe(mine);
    expect(await enter('thread-1', 'bob')).not.toBe(mine);
    expect(slots.size()).toBe(3);
  });

  it('does not take a crafted thread id for another person’s slot', async () => {
    const { enter } = create();
    const mine = await enter('a', 'b","c');

    expect(await enter('a","b', 'c')).not.toBe(mine);
  });

  it('uses the token that was presented last', async () => {
    const { enter, loads } = create();
    const slot = await enter('thread-1', 'alice', { jti: 'one' });
    await slot.toolset();

    await enter('thread-1', 'alice', { jti: 'two' });

    expect(slot.principal().tokenId).toBe('two');
    expect(loads[0]?.credential.principal().tokenId).toBe('two');
  });

  it.each([{ org: 'globex' }, { scope: 'other' }])(
    'gives another slot for a token with %o',
    async (claims) => {
      const { enter } = create();

      expect(await enter('thread-1', 'alice', claims)).not.toBe(await enter('thread-1', 'alice'));
    },
  );

  it('keeps at most so many slots, and lets the one idle longest go', async () => {
    const { enter, slots } = create({ maxSlots: 2 });
    const first = await enter('thread-1', 'alice');
    const second = await enter('thread-2', 'alice');
    await enter('thread-1', 'alice');

    await enter('thread-3', 'alice');

    expect(slots.size()).toBe(2);
    expect(await enter('thread-1', 'alice')).toBe(first);
    expect(await enter('thread-2', 'alice')).not.toBe(second);
  });

  it('lets a slot go that was idle too long', async () => {
    let now = 0;
    const { enter, slots } = create({ idleMs: 1000, clock: () => now });
    await enter('thread-1', 'alice');

    now = 1000;
    await enter('thread-2', 'alice');

    expect(slots.size()).toBe(1);
  });

  it('keeps nothing of a token that is refused', async () => {
    const { enter, slots } = create();

    await expect(enter('thread-1', 'alice', { aud: ['x'] })).rejects.toMatchObject({ reason: 'audience' });

    expect(slots.size()).toBe(0);
  });
});
