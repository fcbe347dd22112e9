/** Starts MCP servers in a process of their own and speaks with it. */
import { fork } from 'node:child_process';
import { siblingFile } from './sibling-file.js';

/** The audience of the agents in every token. */
export const agentAudience = 'bench-agent';
/** The audience of the servers, whatever their address is. */
export const serverAudience = 'bench-server';

/** The protocol that a server speaks: both eras without sessions, or the older one with a session for each client. */
export type Era = '2026' | '2025';

/** One server. */
export interface ServerSpec {
  readonly era: Era;
  /** How much longer a round trip takes than on loopback, in milliseconds; default 0. */
  readonly delayMs?: number;
  /** Names of its tools; those of the workload when left out. */
  readonly tools?: readonly string[];
}

/** What the process is told to do. */
export type ServerOrder =
  | { readonly id: number; readonly kind: 'tokens'; readonly subjects: readonly string[] }
  | { readonly id: number; readonly kind: 'counts' };

/** What the process says first. */
export interface ServerReady {
  readonly urls: readonly string[];
  readonly issuer: string;
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
}

/** Running servers. */
export interface BenchServers extends ServerReady {
  /** Issues a token for each of these people. */
  tokens(subjects: readonly string[]): Promise<string[]>;
  token(subject: string): Promise<string>;
  /** How many requests each server got since it was asked last, by method; `GET` and `DELETE` are methods too. */
  takeCounts(): Promise<readonly Readonly<Record<string, number>>[]>;
  close(): void;
}

/** Starts servers; they verify the token of every request. */
export async function startBenchServers(...specs: readonly ServerSpec[]): Promise<BenchServers> {
  const child = fork(siblingFile('server-process'), [JSON.stringify(specs)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const waiting = new Map<number, PromiseWithResolvers>();
  let last = 0;
  const wait = (id: number): Promise<unknown> =>
    new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  child.on('message', ({ id, answer }: { id: number; answer: unknown }) => {
    waiting.get(id)?.resolve(answer);
    waiting.delete(id);
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.values())
      reject(new TypeError(`The servers ended with ${String(code)}.`));
  });
  const order = (say: (id: number) => ServerOrder): Promise<unknown> => {
    last += 1;
    child.send(say(last));
    return wait(last);
  };
  // Each answer is what server-process.ts sends for this order.
  const tokens = async (subjects: readonly string[]): Promise<string[]> =>
    (await order((id) => ({ id, kind: 'tokens', subjects }))) as string[];
  const ready = (await wait(0)) as ServerReady;
  return {
    ...ready,
    tokens,
    token: async (subject) => (await tokens([subject]))[0] ?? '',
    takeCounts: async () => (await order((id) => ({ id, kind: 'counts' }))) as Record<string, number>[],
    close: () => {
      if (child.connected) child.disconnect();
    },
  };
}

interface PromiseWithResolvers {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}
