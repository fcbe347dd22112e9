/** Stops asking a server that does not work, for everybody, and finds out when it works again. */
import type { CircuitBreakerPolicy } from 'cockatiel';
import {
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  circuitBreaker,
  halfJitterGenerator,
  handleWhenResult,
} from 'cockatiel';
import type { FetchLike } from '@modelcontextprotocol/client';
import { OutcomeError } from '../outcomes.js';
import { runOutside } from '../outside-runs.js';
import { unavailableMessage } from './call-failure.js';
import { isConnectionLoss } from './connection-loss.js';
import { AnswerLostError } from './fetch/answer-failure.js';
import { connectingMethods, readOutgoing } from './fetch/outgoing-message.js';

/** `closed`: requests are made; `open`: none is made for a while; `half-open`: one at a time is made to see. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** When a breaker opens, and for how long. */
export interface BreakerOptions {
  /** Failed requests, one after the other, that open it; default 5. */
  readonly failures?: number | undefined;
  /** Longest first rest, in milliseconds; it doubles with each trial that fails; default 1000. */
  readonly restMs?: number | undefined;
  /** Longest rest of all; default 30 000. */
  readonly maxRestMs?: number | undefined;
  /** Told of each new state. */
  readonly onChange?: ((state: BreakerState) => void) | undefined;
}

/** Which requests a breaker guards, and how long one may keep the others out. */
export interface GuardOptions {
  /** Requests of other methods pass by; POST when left out. */
  readonly methods?: readonly string[] | undefined;
  /** How long one request is waited for before another may try the server too, in milliseconds; default 5000. */
  readonly trialMs?: number | undefined;
}

/** The breaker of one server, for all people. */
export interface ServerBreaker {
  state(): BreakerState;
  /**
   * Wraps the `fetch` of a connection. What counts as a failure is a lost or refused connection and a status from 500 on,
   * never another status: a refused token is one person’s affair, and shows that the server works.
   * While the breaker is open a request throws `unavailable`, and nothing is sent.
   * After its rest one request tries the server. One that its caller gives up, or that is slow, decides nothing: another
   * tries then.
   * Requests of other methods pass by: the listening stream and the end of a session say nothing about calls.
   */
  guard(fetch: FetchLike, options?: GuardOptions): FetchLike;
}

const stateNames: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
};

/** Creates a closed breaker for the server of this name. */
export function createServerBreaker(server: string, options: BreakerOptions = {}): ServerBreaker {
  const { failures = 5, restMs = 1000, maxRestMs = 30_000, onChange = () => undefined } = options;
  const policy = circuitBreaker(handleWhenResult(isServerFault), {
    breaker: new ConsecutiveBreaker(failures),
    halfOpenAfter: new ExponentialBackoff({
      initialDelay: restMs,
      maxDelay: maxRestMs,
      // So that many processes do not try at the same moment.
      generator: halfJitterGenerator,
    }),
  });
  policy.onStateChange((state) => {
    onChange(stateNames[state]);
  });
  const trials = createTrials(policy, server);
  return {
    state: () => stateNames[policy.state],
    guard: (fetch, { methods = ['POST'], trialMs = 5000 } = {}) =>
      async function guardedByBreaker(input, init = {}) {
        if (!methods.includes(init.method ?? 'GET')) return fetch(input, init);
        const send = (): Promise<Sent> => sendOnce(() => fetch(input, init), init);
        const isClosed = policy.state === CircuitState.Closed;
        const sent = await (isClosed ? policy.execute(send) : trials.make(send, trialMs));
        if (sent.response === undefined) throw sent.error;
        return sent.response;
      },
  };
}

interface Trials {
  /**
   * Sends a request that tries the server.
   *
   * @throws {@link OutcomeError} `unavailable` while the breaker rests, or another request tries the server.
   */
  make(send: () => Promise<Sent>, trialMs: number): Promise<Sent>;
}

/**
 * The library has one trial, and no end of it but good or bad. It is given a verdict to wait for instead, which the first
 * request brings that shows anything; and it would have the others wait for the trial, however long it takes.
 */
function createTrials(policy: CircuitBreakerPolicy, server: string): Trials {
  let judge: (sent: Sent) => Promise<void> = () => Promise.resolve();
  let current: { readonly until: number } | undefined;

  const begin = (): void => {
    let resolve: (sent: Sent) => void = () => undefined;
    const verdict = new Promise<Sent>((resolver) => (resolve = resolver));
    // It throws at once when the rest is not over.
    const decided = policy.execute(() => verdict).catch(() => undefined);
    judge = async (sent) => {
      resolve(sent);
      await decided;
    };
    current = undefined;
  };

  return {
    async make(send, trialMs) {
      if (policy.state === CircuitState.Open) runOutside(begin);
      const isTaken = current !== undefined && performance.now() < current.until;
      if (policy.state !== CircuitState.HalfOpen || isTaken) throw toUnavailable(server);
      const own = { until: performance.now() + trialMs };
      current = own;
      const tell = judge;
      const sent = await send();
      if (!sent.isUndecided) await tell(sent);
      if (current === own) current = undefined;
      return sent;
    },
  };
}

/** What became of a request; an error is carried as a value, so that the library counts it only where it is the server’s. */
interface Sent {
  readonly response?: Response;
  readonly error?: unknown;
  readonly isFault: boolean;
  /** It ended before the server had shown whether it works. */
  readonly isUndecided: boolean;
}

function isServerFault(sent: unknown): boolean {
  // The policy runs nothing but `sendOnce`.
  return (sent as Sent).isFault;
}

async function sendOnce(fetch: () => Promise<Response>, init: RequestInit): Promise<Sent> {
  try {
    const response = await fetch();
    return { response, isFault: response.status >= 500, isUndecided: false };
  } catch (error) {
    const isAborted = init.signal?.aborted === true;
    const isFault = isConnectionLoss(error) || (isAborted && isSilenceOfServer(error, init));
    return { error, isFault, isUndecided: isAborted && !isFault };
  }
}

/** A slow tool is no fault of its server; a connection that is not made in time is. */
function isSilenceOfServer(error: unknown, { body }: RequestInit): boolean {
  if (!(error instanceof AnswerLostError) || error.failure !== 'silent') return false;
  const outgoing = readOutgoing(body);
  return outgoing.kind === 'notice' || connectingMethods.has(outgoing.method);
}

function toUnavailable(server: string): OutcomeError {
  return new OutcomeError({ outcome: 'unavailable', message: unavailableMessage(server) });
}
