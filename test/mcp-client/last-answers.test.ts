import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import type { McpServerConfig } from '../../src/config/mcp-servers.js';
import type { ClientPool, Loan } from '../../src/mcp-client/client-pool.js';
import { createClientPool } from '../../src/mcp-client/client-pool.js';
import { createCredential } from '../../src/mcp-client/credential.js';
import type { LastAnswers } from '../../src/mcp-client/last-answers.js';
import { createLastAnswers } from '../../src/mcp-client/last-answers.js';
import { createManualClock } from '../../src/testing/manual-clock.js';
import type { Person } from '../support/test-platform.js';
import { callerFor } from '../support/test-platform.js';

const files: McpServerConfig = {
  name: 'files',
  type: 'http',
  url: 'http://127.0.0.1:1/mcp',
  required: true,
  auth: { mode: 'none' },
  connectTimeoutMs: 1000,
  callTimeoutMs: 1000,
};

/** A pool whose uses end as a test says, noted in `answers`. */
function createUses(
  answers: LastAnswers,
): (person: Person, end: () => void, signal?: AbortSignal) => Promise<void> {
  const real = createClientPool();
  const pool: ClientPool = {
    ...real,
    // The use needs no client here.
    lend: <Result>({ use }: Loan<Result>) => use(undefined as never, 1000),
  };
  const watched = answers.watch(pool);
  return async (person, end, signal) => {
    const credential = createCredential(toBearerToken('a-token'), callerFor(person).principal);
    const use = async (): Promise<void> => {
      await Promise.resolve();
      end();
    };
    await watched
      .lend({ server: files, credential, signal, isBroken: () => true, use })
      .catch(() => undefined);
  };
}

const fail = (): never => {
  throw new Error('no answer');
};
const of = (answers: LastAnswers, person: Person): object => answers.of(callerFor(person).principal, 'files');

describe('createLastAnswers', () => {
  it('tells when a person’s requests last went well and last failed, and hands results and errors on', async () => {
    const clock = createManualClock(1000);
    const answers = createLastAnswers({ clock: clock.now });
    const use = createUses(answers);

    await use('alice', () => undefined);
    clock.advance(500);
    await use('alice', fail);

    expect(of(answers, 'alice')).toEqual({
      succeededAt: 1000,
      failedAt: 1500,
      latencyMs: expect.any(Number),
    });
    const watched = answers.watch({ ...createClientPool(), lend: () => Promise.reject(new Error('mine')) });
    const credential = createCredential(toBearerToken('a-token'), callerFor('alice').principal);
    await expect(
      watched.lend({ server: files, credential, isBroken: () => true, use: () => Promise.resolve() }),
    ).rejects.toThrow('mine');
  });

  it('tells one person nothing of another', async () => {
    const answers = createLastAnswers();
    await createUses(answers)('alice', () => undefined);

    expect(of(answers, 'bob')).toEqual({});
  });

  it('notes no call that its caller stopped', async () => {
    const answers = createLastAnswers();
    await createUses(answers)('alice', fail, AbortSignal.abort());

    expect(of(answers, 'alice')).toEqual({});
  });

  it('remembers the persons who asked last and no more, and nobody for ever', async () => {
    const clock = createManualClock(0);
    const answers = createLastAnswers({ maxPersons: 2, idleMs: 100, clock: clock.now });
    const use = createUses(answers);

    for (const person of ['alice', 'bob', 'carol'] as const) await use(person, () => undefined);
    expect([of(answers, 'alice'), of(answers, 'bob')]).toEqual([
      {},
      expect.objectContaining({ succeededAt: 0 }),
    ]);

    clock.advance(101);
    expect(of(answers, 'bob')).toEqual({});
  });
});
