/** Finds connections to Redis that are dead although nothing says so, and breaks them off: they come back by themselves. */
import type { Logger } from '../logger.js';

/** What is used of a connection. */
export interface SilentConnection {
  ping(): Promise<unknown>;
  /** @param reconnect it comes back at once, and sends again what was not answered. */
  disconnect(reconnect: boolean): void;
}

/** What may be silent, and for how long. */
export interface Silence {
  readonly connection: Pick<SilentConnection, 'disconnect'>;
  /** What the connection is for, as the log names it. */
  readonly name: string;
  readonly logger: Logger;
  /** In milliseconds; well beyond what an answer may take. */
  readonly silenceMs: number;
}

/** Asks, and breaks the connection off each time that it was silent for too long. */
export async function askWithin<Answer>(silence: Silence, ask: () => Promise<Answer>): Promise<Answer> {
  const { connection, name, logger, silenceMs } = silence;
  // Not the `socketTimeout` of ioredis: its timer outlives the connection and holds the process for as long.
  const timer = setInterval(() => {
    logger.warn('redis.silent', { connection: name, silenceMs });
    connection.disconnect(true);
  }, silenceMs);
  // A question that was asked right before the end must not hold the process.
  timer.unref();
  try {
    return await ask();
  } finally {
    clearInterval(timer);
  }
}

/** How often a connection is asked, and how long it may be silent then, in milliseconds. */
const pingEveryMs = 10_000;
const pingSilenceMs = 10_000;

/** How {@link pingOften} asks. */
export interface PingOptions extends Omit<Silence, 'connection' | 'silenceMs'> {
  readonly everyMs?: number | undefined;
  readonly silenceMs?: number | undefined;
}

/** Asks a connection now and then whether it is there, one question at a time. Gives what ends that. */
export function pingOften(connection: SilentConnection, options: PingOptions): () => void {
  const { everyMs = pingEveryMs, silenceMs = pingSilenceMs, name, logger } = options;
  let isAsking = false;
  const ask = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    try {
      await askWithin({ connection, name, logger, silenceMs }, () => connection.ping());
    } catch {
      // It is closed, or Redis refuses: who needs the answer of a command meets that.
    } finally {
      isAsking = false;
    }
  };
  const timer = setInterval(() => void ask(), everyMs);
  return () => {
    clearInterval(timer);
  };
}
