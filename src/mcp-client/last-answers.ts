/** When each server last answered each person, whatever it was asked for: a listing, a call of a run, a resource. */
import type { Principal } from '../auth/principal.js';
import { principalKey } from '../auth/principal.js';
import { createBoundedMap } from '../bounded-map.js';
import type { ClientPool } from './client-pool.js';

/** What one person met at one server, in this process. */
export interface LastAnswer {
  /** When a request last went well, in milliseconds since the epoch. */
  readonly succeededAt?: number | undefined;
  /** How long that one took, in milliseconds, a connection that it had to make included. */
  readonly latencyMs?: number | undefined;
  /** When a request last failed, in milliseconds since the epoch. */
  readonly failedAt?: number | undefined;
}

/** What {@link createLastAnswers} may be told. */
export interface LastAnswersOptions {
  /** The most persons who are remembered; beyond it the one who asked longest ago goes. Default 1000. */
  readonly maxPersons?: number | undefined;
  /** How long a person who asks nothing is remembered, in milliseconds; default 86 400 000. */
  readonly idleMs?: number | undefined;
  /** The time in milliseconds since the epoch; default `Date.now`. */
  readonly clock?: (() => number) | undefined;
}

/** The memory of a process. */
export interface LastAnswers {
  /** Gives the same pool, whose every use is noted. */
  watch(pool: ClientPool): ClientPool;
  /** What this person met at a server; one’s failures say nothing to another. */
  of(principal: Pick<Principal, 'issuer' | 'subject'>, server: string): LastAnswer;
}

/** Creates an empty memory. A call that its caller stopped is not noted: it says nothing about the server. */
export function createLastAnswers(options: LastAnswersOptions = {}): LastAnswers {
  const { maxPersons = 1000, idleMs = 86_400_000, clock = Date.now } = options;
  const persons = createBoundedMap<Map<string, LastAnswer>>({ maxSize: maxPersons, idleMs, clock });

  const note = (principal: Principal, server: string, answer: LastAnswer): void => {
    const key = principalKey(principal);
    let answers = persons.get(key);
    if (answers === undefined) persons.set(key, (answers = new Map<string, LastAnswer>()));
    answers.set(server, { ...answers.get(server), ...answer });
  };

  return {
    watch: (pool) => ({
      ...pool,
      async lend(loan) {
        const { server, credential, signal } = loan;
        const principal = credential.principal();
        const startedAt = performance.now();
        try {
          const result = await pool.lend(loan);
          const latencyMs = Math.round(performance.now() - startedAt);
          note(principal, server.name, { succeededAt: clock(), latencyMs });
          return result;
        } catch (error) {
          if (signal?.aborted !== true) note(principal, server.name, { failedAt: clock() });
          throw error;
        }
      },
    }),
    of: (principal, server) => persons.get(principalKey(principal))?.get(server) ?? {},
  };
}
