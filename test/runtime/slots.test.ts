import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { createTokenVerifier } from '../../src/auth/token-verifier.js';
import type { Credential } from '../../src/mcp-client/credential.js';
import type { Toolset } from '../../src/mcp-client/toolset.js';
import { OutcomeError } from '../../src/outcomes.js';
import type { SlotsOptions } from '../../src/runtime/slots.js';
import { createSlots } from '../../src/runtime/slots.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

const empty = { tools: new Map(), unavailable: new Map() };

function create(options: Partial<SlotsOptions> = {}) {
  const { issuer, keys, token } = createTokenIssuer(['agent']);
  const loads: Credential[] = [];
  const slots = createSlots({
    verifier: createTokenVerifier({ issuer, audience: 'agent', keys }),
    load: (credential) => {
      loads.push(credential);
      return Promise.resolve(empty);
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
    await Promise.all([first.toolset(), second.toolset(), first.toolset()]);

    expect(second).toBe(first);
    expect(loads).toHaveLength(1);
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

  it('does not keep a load that failed', async () => {
    let failing = true;
    const { enter } = create({
      load: () => (failing ? Promise.reject(new Error('down')) : Promise.resolve(empty)),
    });
    const slot = await enter('thread-1', 'alice');
    await expect(slot.toolset()).rejects.toThrow('down');

    failing = false;

    await expect(slot.toolset()).resolves.toBe(empty);
  });

  it('keeps the newer load when an older one fails after it', async () => {
    const failures: ((error: Error) => void)[] = [];
    let loads = 0;
    const { enter } = create({
      load: () => {
        loads += 1;
        return loads === 1
          ? new Promise((_resolve, reject) => failures.push(reject))
          : Promise.resolve(empty);
      },
    });
    const older = (await enter('thread-1', 'alice')).toolset();
    const slot = await enter('thread-1', 'alice', { org: 'globex' });
    await slot.toolset();

    failures[0]?.(new Error('late'));
    await expect(older).rejects.toThrow('late');
    await slot.toolset();

    expect(loads).toBe(2);
  });

  it('uses the token that was presented last', async () => {
    const { enter, loads } = create();
    const slot = await enter('thread-1', 'alice', { jti: 'one' });
    await slot.toolset();

    await enter('thread-1', 'alice', { jti: 'two' });

    expect(slot.principal().tokenId).toBe('two');
    expect(loads[0]?.principal().tokenId).toBe('two');
    expect(loads).toHaveLength(1);
  });

  it.each([{ org: 'globex' }, { scope: 'other' }])('loads again for a token with %o', async (claims) => {
    const { enter, loads } = create();
    await (await enter('thread-1', 'alice')).toolset();

    await (await enter('thread-1', 'alice', claims)).toolset();

    expect(loads).toHaveLength(2);
  });

  it('loads again what lacks a server, after a while', async () => {
    let now = 0;
    const lacking = {
      ...empty,
      unavailable: new Map([['extra', new OutcomeError({ outcome: 'unavailable' })]]),
    };
    const toolsets: Toolset[] = [lacking, empty];
    const { enter } = create({
      load: () => Promise.resolve(toolsets.shift() ?? empty),
      clock: () => now,
    });
    const slot = await enter('thread-1', 'alice');

    await slot.toolset();
    now = 4_999;
    expect(await slot.toolset()).toBe(lacking);
    now = 5_000;

    expect(await slot.toolset()).toBe(empty);
  });

  it('loads again what is five minutes old', async () => {
    let now = 0;
    const { enter, loads } = create({ clock: () => now });
    const slot = await enter('thread-1', 'alice');

    await slot.toolset();
    now = 299_999;
    await slot.toolset();
    expect(loads).toHaveLength(1);
    now = 300_000;
    await slot.toolset();

    expect(loads).toHaveLength(2);
  });

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
