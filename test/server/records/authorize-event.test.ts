import { describe, expect, it } from 'vitest';
import { authorizeEvent } from '../../../src/server/records/authorize-event.js';
import { callerNamed, registerOwnerRules } from '../../support/agent-records.js';

// In this order: what is registered stays so for the process.
describe('authorizeEvent', () => {
  const value = { thread_id: 'thread' };

  it('refuses whoever is signed in while no rules are registered where it looks', async () => {
    await expect(authorizeEvent(callerNamed('alice'), 'threads:read', value)).rejects.toMatchObject({
      code: 'ERR_NOT_WIRED',
    });
  });

  it('lets the server itself do what it does', async () => {
    expect(await authorizeEvent(undefined, 'threads:read', value)).toEqual([undefined, value]);
  });

  it('asks the rules that the LangGraph server registers', async () => {
    await registerOwnerRules();

    expect(await authorizeEvent(callerNamed('alice'), 'threads:read', value)).toEqual([
      { owner: 'alice' },
      value,
    ]);
  });
});
