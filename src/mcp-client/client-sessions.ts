/** What is left of a client that was closed while its server remembers it, until its next use or its end. */
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

interface Kept<Session> {
  readonly session: Session;
  readonly endsAt: number;
}

/** Creates an empty set. One timer serves all of it, and none runs while it is empty. */
export function createClientSessions<Session>(
  options: ClientSessionsOptions<Session>,
): ClientSessions<Session> {
  const { maxSessions, idleMs, end } = options;
  // A Map keeps insertion order: the first entry is the one idle longest.
  const sessions = new Map<string, Kept<Session>>();
  const endings = createEndings(end);
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const finish = (key: string): void => {
    const kept = sessions.get(key);
    if (kept === undefined) return;
    sessions.delete(key);
    runOutside(() => {
      endings.add(kept.session);
    });
  };
  const sweep = (): void => {
    timer = undefined;
    const now = performance.now();
    for (const [key, { endsAt }] of sessions) {
      if (endsAt > now) break;
      finish(key);
    }
    watch();
  };
  const watch = (): void => {
    const [oldest] = sessions.values();
    if (oldest === undefined || timer !== undefined) return;
    const waitMs = Math.max(1, oldest.endsAt - performance.now());
    timer = runOutside(() => setTimeout(sweep, waitMs).unref());
  };

  return {
    take(key) {
      const kept = sessions.get(key);
      sessions.delete(key);
      return kept?.session;
    },
    put(key, session) {
      finish(key);
      sessions.set(key, { session, endsAt: performance.now() + idleMs });
      const [oldest] = sessions.keys();
      if (isClosed) finish(key);
      else if (sessions.size > maxSessions && oldest !== undefined) finish(oldest);
      watch();
    },
    size: () => sessions.size,
    async close() {
      isClosed = true;
      clearTimeout(timer);
      timer = undefined;
      for (const key of [...sessions.keys()]) finish(key);
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
