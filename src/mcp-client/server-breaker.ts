/** Stops asking a server that does not work, for everybody, and finds out when it works again. */
import {
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  circuitBreaker,
  halfJitterGenerator,
  handleWhenResult,
  isBrokenCircuitError,
} from 'cockatiel';
import { OutcomeError } from '../outcomes.js';
import { unavailableMessage } from './call-failure.js';
import { isConnectionLoss } from './connection-loss.js';
import { AnswerLostError } from './fetch/answer-failure.js';
import { connectingMethods, readOutgoing } from './fetch/outgoing-message.js';

/** `closed`: requests are made; `open`: none is made for a while; `half-open`: one is made to see. */
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

/** The breaker of one server, for all people. */
export interface ServerBreaker {
  state(): BreakerState;
  /**
   * Wraps the `fetch` of a connection. What counts as a failure is a lost or refused connection and a status from 500 on,
   * never another status: a refused token is one person’s affair, and shows that the server works.
   * While the breaker is open a request throws `unavailable`, and nothing is sent.
   * Requests of other methods than `methods`, POST when left out, pass by: the listening stream and the end of a
   * session say nothing about calls.
   */
  guard(fetch: typeof globalThis.fetch, methods?: readonly string[]): typeof globalThis.fetch;
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
  return {
    state: () => stateNames[policy.state],
    guard: (fetch, methods = ['POST']) =>
      async function guardedByBreaker(input, init = {}) {
        if (!methods.includes(init.method ?? 'GET')) return fetch(input, init);
        const isTrial = policy.state !== CircuitState.Closed;
        // The library would have the others wait for the trial, however long it takes.
        if (policy.state === CircuitState.HalfOpen) throw toUnavailable(server);
        const send = (): Promise<Sent> => sendOnce(() => fetch(input, init), { init, isTrial });
        const sent = await policy.execute(send).catch((error: unknown) => {
          throw isBrokenCircuitError(error) ? toUnavailable(server) : error;
        });
        if (sent.response === undefined) throw sent.error;
        return sent.response;
      },
  };
}

/** What became of a request; an error is carried as a value, so that the library counts it only where it is the server’s. */
interface Sent {
  readonly response?: Response;
  readonly error?: unknown;
  readonly isFault: boolean;
}

function isServerFault(sent: unknown): boolean {
  // The policy runs nothing but `sendOnce`.
  return (sent as Sent).isFault;
}

async function sendOnce(
  fetch: () => Promise<Response>,
  { init, isTrial }: { readonly init: RequestInit; readonly isTrial: boolean },
): Promise<Sent> {
  try {
    const response = await fetch();
    return { response, isFault: response.status >= 500 };
  } catch (error) {
    // A trial that nobody waited for to its end has shown nothing.
    const isUnanswered = init.signal?.aborted === true && (isTrial || isSilenceOfServer(error, init));
    return { error, isFault: isUnanswered || isConnectionLoss(error) };
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
