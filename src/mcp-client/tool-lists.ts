/**
 * What each person is offered by each server, kept across threads until something says that it may have changed.
 * The key is the server and the whole authority of the token: what one person may see says nothing about another.
 */
import type { Principal } from '../auth/principal.js';
import { createAuthorityKeys } from '../auth/principal.js';
import { createBoundedMap } from '../bounded-map.js';
import type { Logger } from '../logger.js';
import { silentLogger } from '../logger.js';
import { OutcomeError } from '../outcomes.js';
import { toFailedCall, toOutcomeError } from './call-failure.js';
import type { Borrower, ClientPool } from './client-pool.js';
import type { HeldList, ToolListState } from './held-list.js';
import { endOf, keepFailure, keepList, markChanged, stateOf } from './held-list.js';
import { listServerTools } from './list-server-tools.js';
import type { McpObserver, ToolListEnd } from './mcp-observer.js';
import { silentObserver } from './mcp-observer.js';
import { toListEnd } from './send-call.js';
import type { ToolCatalog } from './tool-catalog.js';
import { createToolCatalogs } from './tool-catalog.js';

/** What {@link createToolLists} is made of. */
export interface ToolListsOptions {
  readonly pool: ClientPool;
  readonly logger?: Logger | undefined;
  readonly observer?: McpObserver | undefined;
  /** The time in milliseconds since the epoch; default `Date.now`. */
  readonly clock?: (() => number) | undefined;
  /** How long a list is used whose server does not say, and the longest at all, in milliseconds; default 300 000. */
  readonly maxAgeMs?: number | undefined;
  /** The most persons whose lists are kept; beyond it the one unused longest goes. Default 20 000. */
  readonly maxPersons?: number | undefined;
  /** How long an unused person’s lists are kept, in milliseconds; default 1 800 000. */
  readonly idleMs?: number | undefined;
}

/** The lists of all people. */
export interface ToolLists {
  /** What is known now; asks nobody. */
  state(borrower: Borrower): ToolListState;
  /**
   * Asks the server, once for all who wait. A list that came replaces the one before; a failure of a server that is
   * not required is kept for a short while, any other is not kept.
   *
   * @throws {@link OutcomeError}
   */
  read(borrower: Borrower): Promise<ToolCatalog>;
  /**
   * Asks the server for somebody who only looks: a list that came is kept, and a failure changes nothing of what is
   * known.
   *
   * @throws {@link OutcomeError}
   */
  probe(borrower: Borrower): Promise<ToolCatalog>;
  /** Ends the use of a person’s list. One that only changed serves those who cannot wait until it is read again. */
  end(borrower: Pick<Borrower, 'server' | 'credential'>, reason: ToolListEnd): void;
  /** The same for a server that tells a person’s connection, or all people’s, that its tools changed. */
  changed(server: string, principal?: Principal): void;
  /** How many persons’ lists are kept. */
  size(): number;
}

/** By server name. */
type ListsOfPerson = Map<string, HeldList>;

/** Creates an empty set of lists. */
export function createToolLists(options: ToolListsOptions): ToolLists {
  const { observer = silentObserver, clock = Date.now } = options;
  const { maxPersons = 20_000, idleMs = 1_800_000 } = options;
  const persons = createBoundedMap<ListsOfPerson>({ maxSize: maxPersons, idleMs, clock });
  const authorityOf = createAuthorityKeys();
  const ask = createListRead({ ...options, observer, clock });

  const hold = ({ server, credential }: Pick<Borrower, 'server' | 'credential'>): HeldList => {
    const key = authorityOf(credential.principal());
    let lists = persons.get(key);
    if (lists === undefined) persons.set(key, (lists = new Map<string, HeldList>()));
    let held = lists.get(server.name);
    if (held === undefined) lists.set(server.name, (held = { changedAt: -Infinity }));
    return held;
  };

  const probe = async (held: HeldList, borrower: Borrower): Promise<ToolCatalog> => {
    const reason = held.known && endOf(held, clock());
    const catalog = await ask(held, borrower, { isProbe: true });
    if (reason !== undefined) observer({ server: borrower.server.name, kind: 'tools-forgotten', reason });
    return catalog;
  };

  return {
    state: (borrower) => stateOf(hold(borrower), borrower.credential.token(), clock()),

    read(borrower) {
      const held = hold(borrower);
      if (held.reading !== undefined) return held.reading;
      if (held.known !== undefined) {
        const reason = endOf(held, clock());
        observer({ server: borrower.server.name, kind: 'tools-forgotten', reason });
      }
      held.reading = ask(held, borrower).finally(() => delete held.reading);
      return held.reading;
    },

    probe(borrower) {
      const held = hold(borrower);
      // Its own request, which no run joins: a run keeps what it meets.
      return held.reading ?? (held.probing ??= probe(held, borrower).finally(() => delete held.probing));
    },

    end({ server, credential }, reason) {
      const lists = persons.get(authorityOf(credential.principal()));
      if (lists?.delete(server.name) === true)
        observer({ server: server.name, kind: 'tools-forgotten', reason });
    },

    changed(server, principal) {
      const told = principal === undefined ? persons.values() : [persons.get(authorityOf(principal))];
      for (const lists of told) {
        const held = lists?.get(server);
        if (held !== undefined) markChanged(held, clock());
      }
    },

    size: persons.size,
  };
}

type ListReadOptions = ToolListsOptions & Required<Pick<ToolListsOptions, 'observer' | 'clock'>>;

/** Creates the function that asks a server, and keeps what comes of it. */
function createListRead(
  options: ListReadOptions,
): (held: HeldList, borrower: Borrower, by?: { readonly isProbe: boolean }) => Promise<ToolCatalog> {
  const { pool, logger = silentLogger, observer, clock, maxAgeMs = 300_000 } = options;
  const catalogs = createToolCatalogs();
  return async (held, borrower, { isProbe } = { isProbe: false }) => {
    const { server, credential } = borrower;
    const startedAt = performance.now();
    const askedAt = clock();
    const token = credential.token();
    const endsAt = credential.principal().expiresAt * 1000;
    try {
      const { catalog, ttlMs } = await listServerTools({ ...borrower, pool }, catalogs);
      keepList(held, catalog, { askedAt, readAt: clock(), ttlMs, maxAgeMs, endsAt });
      const durationMs = Math.round(performance.now() - startedAt);
      observer({ server: server.name, kind: 'tools-read', from: 'server' });
      logger.info('mcp.tools.loaded', { server: server.name, count: catalog.tools.size, durationMs });
      return catalog;
    } catch (thrown) {
      const error = toOutcomeError(thrown, toFailedCall(server, false));
      if (isProbe) throw error;
      if (!server.required) keepFailure(held, withoutSignIn(error), { now: clock(), token });
      else if (toListEnd(thrown) === 'refused') delete held.known;
      throw error;
    }
  };
}

/** A server that may be missing stops no run: nobody knows whether it has the tool that was called. */
function withoutSignIn(error: OutcomeError): OutcomeError {
  const { signIn: _signIn, ...failure } = error.failure;
  return new OutcomeError(failure, { cause: error });
}
