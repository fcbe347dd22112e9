/** The exchanged tokens of a process: by person, audience and scope, no longer than either token lives. */
import { createHash } from 'node:crypto';
import type { BearerToken } from './bearer-token.js';
import type { Principal } from './principal.js';
import { authorityKey } from './principal.js';
import type { ExchangeAnswer, ExchangeRule } from './token-exchange.js';
import { exchangeToken } from './token-exchange.js';

/** A token is not used in its last seconds: it would expire on its way. */
const marginMs = 10_000;

/** What {@link createExchangedTokens} may be told. */
export interface ExchangedTokensOptions {
  /** Asks the token service; default the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** The time in milliseconds since the epoch; default `Date.now`. */
  readonly clock?: (() => number) | undefined;
  /** The most tokens kept; beyond it the one unused longest goes. Default 1000. */
  readonly maxTokens?: number | undefined;
}

/** A user's token, verified, that is exchanged. */
export interface ExchangeSubject {
  readonly token: BearerToken;
  readonly principal: Principal;
}

/** One exchange that is wanted. */
export interface WantedExchange {
  readonly rule: ExchangeRule;
  readonly subject: ExchangeSubject;
  /** Longest wait for one answer of the token service, in milliseconds. */
  readonly timeoutMs: number;
}

/** Exchanges tokens and keeps what came of it. */
export interface ExchangedTokens {
  /**
   * Gives the token of this person for this rule, exchanged when none is kept. Requests at the same time share one
   * exchange; a token service that does not answer is asked once more, and no failure is kept.
   */
  get(wanted: WantedExchange): Promise<ExchangeAnswer>;
  /** Forgets a token that a server refused. */
  drop(token: BearerToken): void;
}

interface KeptToken {
  readonly answer: ExchangeAnswer & { readonly kind: 'token' };
  readonly expiresAtMs: number;
}

/** Creates an empty set. @see RFC 8693 */
export function createExchangedTokens(options: ExchangedTokensOptions = {}): ExchangedTokens {
  const { fetch = globalThis.fetch, clock = Date.now, maxTokens = 1000 } = options;
  // A Map keeps insertion order: the first entry is the one used longest ago.
  const kept = new Map<string, KeptToken>();
  const flights = new Map<string, Promise<ExchangeAnswer>>();

  const find = (key: string): ExchangeAnswer | undefined => {
    const entry = kept.get(key);
    if (entry === undefined) return undefined;
    kept.delete(key);
    if (entry.expiresAtMs <= clock()) return undefined;
    kept.set(key, entry);
    return entry.answer;
  };

  const keep = (key: string, answer: KeptToken['answer'], subject: ExchangeSubject): void => {
    const endsAtMs = Math.min(clock() + answer.lifeSeconds * 1000, subject.principal.expiresAt * 1000);
    kept.delete(key);
    kept.set(key, { answer, expiresAtMs: endsAtMs - marginMs });
    const [oldest] = kept.keys();
    if (kept.size > maxTokens && oldest !== undefined) kept.delete(oldest);
  };

  const exchange = async (key: string, wanted: WantedExchange): Promise<ExchangeAnswer> => {
    const { rule, subject, timeoutMs } = wanted;
    const ask = (): Promise<ExchangeAnswer> => exchangeToken(rule, subject.token, { fetch, timeoutMs });
    const first = await ask();
    const answer = first.kind === 'unavailable' && first.mayRetry ? await ask() : first;
    if (answer.kind === 'token') keep(key, answer, subject);
    return answer;
  };

  return {
    async get(wanted) {
      const key = cacheKey(wanted);
      const found = find(key);
      if (found !== undefined) return found;
      // With the token: another token of the same person must not share the refusal of this one.
      const flightKey = digestOf([key, wanted.subject.token.reveal()]);
      const flight = flights.get(flightKey) ?? exchange(key, wanted).finally(() => flights.delete(flightKey));
      flights.set(flightKey, flight);
      return flight;
    },
    drop(token) {
      for (const [key, { answer }] of kept) {
        if (answer.token.reveal() === token.reveal()) kept.delete(key);
      }
    },
  };
}

function cacheKey({ rule, subject }: WantedExchange): string {
  const scopes = (rule.scope ?? '').split(' ').filter((scope) => scope !== '');
  const target = [rule.tokenUrl, rule.clientId, rule.audience, rule.url, ...scopes.sort()];
  return digestOf([authorityKey(subject.principal), ...target]);
}

/** A digest and not the texts: keys end in heap dumps and debuggers. */
function digestOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
