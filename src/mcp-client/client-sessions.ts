/** What is left of a client that was closed while its server remembers it, until its next use or its end. */
import { createBoundedMap } from '../bounded-map.js';
import { runOutside } from '../outside-runs.js';

/** A bounded set of sessions without clients, by key. */
export interface ClientSessions<Session> {
  /** Gives the session under `key` to the one who goes on with it, and takes it out of the set. */
  take(key: string): Session | undefined;
  /** Keeps a session for the next client; one that was there ends. */
  put(key: string, session: Session): void;
  size(): number;
  /** Ends every session, within a few seconds all together; safe to call twice. What is put later ends at once. */
  close(): Promise<void>;
}

/** What {@link createClientSessions} is made of. */
export interface ClientSessionsOptions<Session> {
  /** The most that are kept; beyond it the one idle longest ends. */
  readonly maxSessions: number;
  /** How long one is kept, in milliseconds. */
  readonly idleMs: number;
  /** Tells the server that a session is over; must not reject. */
  readonly end: (session: Session) => Promise<void>;
}

/** Sessions ended at the same time: a thousand that end together do not open a thousand sockets. */
const endingsAtOnce = 8;
/** How long all endings together may take when everything closes, in milliseconds. */
const closeMs = 3000;

/** Creates an empty set. */
export function createClientSessions<Session>(
  options: ClientSessionsOptions<Session>,
): ClientSessions<Session> {
  const { maxSessions, idleMs, end } = options;
  const endings = createEndings(end);
  const finish = (session: Session): void => {
    runOutside(() => {
      endings.add(session);
    });
  };
  const sessions = createBoundedMap<{ readonly session: Session }>({
    maxSize: maxSessions,
    idleMs,
    clock: () => performance.now(),
    onDropped: ({ session }) => {
      finish(session);
    },
  });
  let isClosed = false;

  const finishKept = (key: string): void => {
    const kept = sessions.take(key);
    if (kept !== undefined) finish(kept.session);
  };

  return {
    take: (key) => sessions.take(key)?.session,
    put(key, session) {
      finishKept(key);
      if (isClosed) finish(session);
      else sessions.set(key, { session });
    },
    size: sessions.size,
    async close() {
      isClosed = true;
      for (const key of [...sessions.keys()]) finishKept(key);
      await endings.allEnded(closeMs);
    },
  };
}

interface Endings<Session> {
  add(session: Session): void;
  /** Resolves when all are ended, or after a time; what has not begun by then does not begin. */
  allEnded(waitMs: number): Promise<void>;
}

function createEndings<Session>(end: (session: Session) => Promise<void>): Endings<Session> {
  const waiting = new Set<Session>();
  let running = 0;
  let onIdle: (() => void)[] = [];

  const run = async (): Promise<void> => {
    running += 1;
    for (const session of waiting) {
      waiting.delete(session);
      await end(session);
    }
    running -= 1;
    if (running > 0) return;
    for (const told of onIdle) told();
    onIdle = [];
  };

  return {
    add(session) {
      waiting.add(session);
      if (running < endingsAtOnce) void run();
    },
    async allEnded(waitMs) {
      if (running === 0) return;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        onIdle.push(resolve);
        timer = setTimeout(resolve, waitMs);
      });
      clearTimeout(timer);
      waiting.clear();
    },
  };
}
