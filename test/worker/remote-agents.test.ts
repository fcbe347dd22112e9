import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createRemoteAgents, toServerThread } from '../../src/worker/remote-agents.js';

describe('toServerThread', () => {
  it('leaves a UUID as it is', () => {
    const id = '6432ec8b-d7ed-41b4-8baa-5cd7d2eb7820';

    expect(toServerThread(id)).toBe(id);
  });

  it('makes the same UUID of the same name, and another of another', () => {
    const [one, again, other] = ['thread-1', 'thread-1', 'thread-2'].map(toServerThread);

    expect(z.uuid().safeParse(one).success).toBe(true);
    expect(one).toBe(again);
    expect(one).not.toBe(other);
  });
});

describe('createRemoteAgents', () => {
  it('finds a server away that does not answer', async () => {
    expect(await createRemoteAgents('http://127.0.0.1:9').findAway()).toBe('agent-server');
  });
});
