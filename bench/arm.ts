/** One alternative in a process of its own, so that what another leaves in memory, or open, is not in its figures. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { AlternativeName, UsedServers } from './alternatives.js';
import type { BenchServers } from './bench-servers.js';
import { siblingFile } from './sibling-file.js';

/** What the process is started with. */
export interface ArmStart {
  readonly name: AlternativeName;
  readonly servers: UsedServers;
  readonly token: string;
}

/** A thread that the process is told to have, and forgets. */
export interface ArmOrder {
  readonly threadId: string;
  readonly turns: number;
}

/** The process. */
export interface Arm {
  readonly name: AlternativeName;
  /** Has one thread of so many turns; gives the milliseconds of each. */
  haveThread(order: ArmOrder): Promise<readonly number[]>;
  close(): void;
}

/** Starts the process; it is ready when this has settled. */
export async function startArm(name: AlternativeName, servers: BenchServers): Promise<Arm> {
  const { urls, issuer, jwks } = servers;
  const start: ArmStart = { name, servers: { urls, issuer, jwks }, token: await servers.token(name) };
  const child = fork(siblingFile('arm-process'), [], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const answer = async (): Promise<unknown> => {
    const ended = new AbortController();
    const exit = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
      throw new TypeError(`The process of ${name} ended with ${String(code)}.`);
    });
    try {
      const [message] = (await Promise.race([once(child, 'message', { signal: ended.signal }), exit])) as [
        unknown,
      ];
      return message;
    } finally {
      exit.catch(() => undefined);
      ended.abort();
    }
  };
  await answer();
  // Not as an argument: every user of a machine may read those, and there is a token in it.
  child.send(start);
  await answer();
  return {
    name,
    async haveThread(order) {
      child.send(order);
      // What arm-process.ts sends for an order.
      return (await answer()) as readonly number[];
    },
    close: () => {
      child.disconnect();
    },
  };
}
