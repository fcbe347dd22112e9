/** Opens the clients of a pool, with what was learned from those opened before. */
import type { PriorDiscovery } from '@modelcontextprotocol/client';
import type { BearerToken } from '../auth/bearer-token.js';
import { createExchangedTokens } from '../auth/exchanged-tokens.js';
import type { Principal } from '../auth/principal.js';
import type { HttpMcpServerConfig, McpServerConfig } from '../config/mcp-servers.js';
import { OutcomeError } from '../outcomes.js';
import type { Logger } from '../logger.js';
import { silentLogger } from '../logger.js';
import { statusOf } from './call-failure.js';
import type { KeptClient } from './client-leases.js';
import { createClientWatch } from './client-watch.js';
import type { Credential } from './credential.js';
import { createCredential } from './credential.js';
import { createHttpFetch } from './fetch/http-fetch.js';
import type { Handshake } from './handshake.js';
import type { McpObserver } from './mcp-observer.js';
import { silentObserver } from './mcp-observer.js';
import type { OpenClient } from './open-client.js';
import { openClient } from './open-client.js';
import type { SchemaValidators } from './schema-validators.js';
import { createSchemaValidators } from './schema-validators.js';
import type { ServerHealth, ServerHealthOptions } from './server-health.js';
import { createServerHealths } from './server-health.js';
import { createServerDiscoveries } from './server-discoveries.js';
import { createServerFetch } from './server-fetch.js';
import { createServerProcesses } from './server-processes.js';
import { endSession } from './session-end.js';
import { createSecretRedactor } from './secret-redactor.js';
import type { TransportOptions } from './transport.js';

/** What {@link createClientOpener} is made of. */
export interface ClientOpenerOptions {
  /** The `fetch` underneath; when left out one with connections of its own, and for token services the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** The time in milliseconds since the epoch, for exchanged tokens and new starts; default `Date.now`. */
  readonly clock?: (() => number) | undefined;
  /** Told what is wrong with a server and no outcome of a call, and what `stdio` servers print; silent when left out. */
  readonly logger?: Logger | undefined;
  /** Told what happens, for metrics. */
  readonly observer?: McpObserver | undefined;
  /**
   * Told that a server’s tools changed, by the connection of this person, or of all people where that one is undefined;
   * at most once a second for each connection. What it throws is logged.
   */
  readonly onToolsChanged?: ((server: string, principal: Principal | undefined) => void) | undefined;
  /** When breakers open and how often reads are repeated. */
  readonly health?: ServerHealthOptions | undefined;
  /** Bounds that a server’s entry does not set; for tests. */
  readonly limits?: TransportOptions['limits'];
}

/** What is left of a client that was closed, for the next one of the same person and conversation. */
export interface WaitingSession {
  readonly server: HttpMcpServerConfig;
  /** Whose it is, for the request that ends it. */
  readonly token: BearerToken;
  readonly principal: Principal;
  readonly handshake: Handshake;
}

/** A client that is being opened. */
export interface OpeningClient extends KeptClient {
  /** Whether it is open, and another may take its place at no cost once it is closed. */
  isReplaceable(): boolean;
  /** Whether an answer did not come in its session, which ends with it: what the server still does there, nobody asks for. */
  isOwedAnswer(): boolean;
  /** Lets the session go on without this client, which is closed next; undefined where there is nothing to go on with. */
  leave(): WaitingSession | undefined;
}

/** Opens clients. */
export interface ClientOpener {
  /** Begins to connect, or goes on where another client left; its first requests carry this credential. */
  open(server: McpServerConfig, credential: Credential, waiting?: WaitingSession): OpeningClient;
  /** Tells the server that a session is over. */
  endSession(session: WaitingSession): Promise<void>;
  /** Whether a server keeps a session for each client, as far as is known. */
  keepsSessions(server: McpServerConfig): boolean;
  /** The state of a server by its name, which all people share. */
  healthOf(server: string): ServerHealth;
  /** What schemas are compiled with, for all clients. */
  readonly validators: SchemaValidators;
  /** Lets the next client learn anew how a server is spoken to, after an error that broke a connection to it. */
  forgetAfter(error: unknown, server: McpServerConfig): true;
  /** Gives up every client that is being opened, so that nobody waits for it who wants to close. */
  giveUp(): void;
  /** Stops every process that a client was opened on, also those whose client did not become ready. */
  close(): Promise<void>;
}

/** Creates an opener that knows no server yet. */
export function createClientOpener(options: ClientOpenerOptions): ClientOpener {
  const { fetch, clock, logger = silentLogger, limits, observer = silentObserver } = options;
  const validators = createSchemaValidators();
  const healthOf = createServerHealths({ logger, observer, ...options.health });
  const processes = createServerProcesses();
  const discoveries = createServerDiscoveries();
  const watchClient = createClientWatch({ ...options, logger, observer });
  // One for all clients, so that connecting, listing and calling share what was exchanged.
  const exchanged = createExchangedTokens({ fetch, clock });
  const network = fetch === undefined ? createHttpFetch() : { fetch, close: () => undefined };
  const openings = createOpenings();

  const connect = async (opening: Opening): Promise<OpenClient> => {
    const { server, waiting } = opening;
    const prior = discoveries.priorOf(server);
    const handshake = isStillTrue(waiting, prior) ? waiting?.handshake : undefined;
    const watch = watchClient(opening);
    const shared = { exchanged, fetch: network.fetch, processes, logger, limits, validators };
    const opened = await openClient(server, {
      ...{ ...shared, ...healthOf(server.name), prior, handshake },
      ...{ credential: opening.credential, isSessionKept: opening.isSessionKept },
      onToolsChanged: watch.onToolsChanged,
      signal: openings.signal(),
    }).catch((error: unknown) => {
      watch.failed(error);
      throw error;
    });
    if (handshake === undefined) discoveries.learn(server, opened, prior);
    const isKnown =
      handshake !== undefined || (prior?.kind === 'modern' && opened.discovery?.kind === 'modern');
    watch.opened(opened.client, { isConnected: !isKnown });
    return opened;
  };

  return {
    open: (server, credential, waiting) => followOpening({ server, credential, waiting }, connect),
    async endSession({ server, token, principal, handshake }) {
      const connection = { exchanged, limits, credential: createCredential(token, principal) };
      const redactor = createSecretRedactor();
      const ownFetch = createServerFetch(server, { ...connection, redactor, fetch: network.fetch });
      await endSession({ server, handshake, fetch: ownFetch });
    },
    keepsSessions: discoveries.keepsSessions,
    healthOf,
    validators,
    forgetAfter(error, server) {
      // A refused token is one person’s affair.
      if (statusOf(error) !== 401) discoveries.forget(server);
      return true;
    },
    giveUp: openings.giveUp,
    async close() {
      try {
        await processes.stop();
      } finally {
        network.close();
      }
    },
  };
}

/** The signal of the clients that are being opened now. */
function createOpenings() {
  const message = 'The connections are being closed; nothing was changed. Try again in a moment.';
  let current = new AbortController();
  return {
    signal: () => current.signal,
    giveUp() {
      current.abort(new OutcomeError({ outcome: 'unavailable', message }));
      current = new AbortController();
    },
  };
}

/** Without a session nothing is lost by asking again what the server speaks, once that is not known any more. */
function isStillTrue(waiting: WaitingSession | undefined, prior: PriorDiscovery | undefined): boolean {
  return waiting?.handshake.sessionId !== undefined || prior?.kind === 'legacy';
}

interface Opening {
  readonly server: McpServerConfig;
  readonly waiting: WaitingSession | undefined;
  /** That of whoever took the client last: all who take it have one authority. */
  readonly credential: Credential;
  readonly isSessionKept: () => boolean;
}

/** Begins to open a client, and follows what may be done with it once it is open. */
function followOpening(
  { server, credential, waiting }: Omit<Opening, 'isSessionKept'>,
  connect: (opening: Opening) => Promise<OpenClient>,
): OpeningClient {
  let user = credential;
  let opened: OpenClient | undefined;
  let isLeft = false;
  const opening = connect({
    ...{ server, waiting, credential: followCredential(() => user) },
    isSessionKept: () => isLeft,
  });
  const isOwedAnswer = (): boolean => (opened?.handshake?.requests.unanswered.size ?? 0) > 0;
  return {
    opening: opening.then((open) => (opened = open).client),
    useAs(next) {
      user = next;
    },
    isReplaceable: () => opened?.isReplaceable === true,
    isOwedAnswer,
    leave() {
      const handshake = opened?.handshake;
      if (handshake === undefined || isOwedAnswer() || server.type === 'stdio') return undefined;
      isLeft = true;
      return { server, token: user.token(), principal: user.principal(), handshake };
    },
  };
}

/** A credential that is at each moment the one which `now` gives. */
function followCredential(now: () => Credential): Credential {
  // Whose a token is that was sent: another may have taken the client when the server refuses it.
  const senders = new WeakMap<BearerToken, Credential>();
  return {
    principal: () => now().principal(),
    token() {
      const sender = now();
      const token = sender.token();
      senders.set(token, sender);
      return token;
    },
    renew: (token, principal) => {
      now().renew(token, principal);
    },
    refuse(token) {
      const sender = senders.get(token) ?? now();
      return sender.refuse(token) || sender !== now();
    },
  };
}
