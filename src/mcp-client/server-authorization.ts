/** Decides what one request to one server carries for the person it is made for. */
import type { ExchangedTokens, WantedExchange } from '../auth/exchanged-tokens.js';
import type { ExchangeAnswer } from '../auth/token-exchange.js';
import type { HttpMcpServerConfig, McpServerAuth } from '../config/mcp-servers.js';
import { OutcomeError } from '../outcomes.js';
import type { Credential } from './credential.js';
import { toExchangeFailure } from './exchange-failure.js';

/** What one request carries. */
export interface RequestAuthorization {
  readonly headers: Readonly<Record<string, string>>;
  /** What of it, and of what it was made from, nobody may read in an answer. */
  readonly secrets: readonly string[];
  /** Notes that the server answered 401; true when the next authorization may be another. */
  refuse(): boolean;
}

/** What {@link createServerAuthorization} decides from. */
export interface ServerAuthorizationOptions {
  readonly server: HttpMcpServerConfig;
  /** Read at every request, so that a renewed token is used without a new connection. */
  readonly credential: Credential;
  /** Where the tokens of `exchange` servers come from. */
  readonly exchanged: ExchangedTokens;
}

/**
 * Creates the function that authorizes a request. The user's own token goes only to a `forward` server whose audience
 * stands in the token's `aud`; an `exchange` server gets the exchanged token alone.
 *
 * It throws {@link OutcomeError}: `unauthenticated` when the token is not meant for the server or not accepted for an
 * exchange, `unavailable` when the token service does not answer, `contract` when the exchange is set up wrong.
 *
 * @see RFC 8707 section 2; RFC 8693
 */
export function createServerAuthorization(
  options: ServerAuthorizationOptions,
): () => Promise<RequestAuthorization> {
  const { auth, name } = options.server;
  switch (auth.mode) {
    case 'none':
      return () => Promise.resolve(toFixed({}));
    case 'headers':
      return () => Promise.resolve(toFixed(auth.headers));
    case 'forward':
      return async () => forwardToken(options.credential, { audience: auth.audience, name });
    case 'exchange':
      return () => exchangeToken(auth, options);
  }
}

/** Names of headers whose values are secrets; of others, such as a region, the value stands in data for itself. */
const secretHeader = /auth|cookie|credential|key|passw|secret|session|signature|token/i;

function toFixed(headers: Readonly<Record<string, string>>): RequestAuthorization {
  const secrets = Object.entries(headers)
    .filter(([name]) => secretHeader.test(name))
    .flatMap(([, value]) => secretsOfHeader(value));
  return { headers, secrets, refuse: () => false };
}

/** The value, what follows its scheme, and the parts of a Basic credential. */
function secretsOfHeader(value: string): readonly string[] {
  const credentials = /^(?:basic|bearer|token)\s+(\S+)$/i.exec(value)?.[1];
  if (credentials === undefined) return [value];
  const pair = /^basic/i.test(value) ? Buffer.from(credentials, 'base64').toString('utf8') : '';
  return [value, credentials, pair, pair.slice(pair.indexOf(':') + 1)];
}

function forwardToken(
  credential: Credential,
  target: { readonly audience: string; readonly name: string },
): RequestAuthorization {
  if (!credential.principal().audiences.includes(target.audience)) {
    throw new OutcomeError({
      outcome: 'unauthenticated',
      message: `Your token is not meant for the server "${target.name}"; sign in for its audience.`,
    });
  }
  const token = credential.token();
  return {
    headers: { authorization: `Bearer ${token.reveal()}` },
    secrets: [token.reveal()],
    refuse: () => credential.refuse(token),
  };
}

type ExchangeAuth = McpServerAuth & { readonly mode: 'exchange' };

async function exchangeToken(
  auth: ExchangeAuth,
  { server, credential, exchanged }: ServerAuthorizationOptions,
): Promise<RequestAuthorization> {
  const wanted = (): WantedExchange => ({
    rule: { ...auth, url: server.url },
    subject: { token: credential.token(), principal: credential.principal() },
    timeoutMs: server.connectTimeoutMs,
  });
  let asked = wanted();
  let answer: ExchangeAnswer = await exchanged.get(asked);
  if (answer.kind === 'refused' && credential.refuse(asked.subject.token)) {
    asked = wanted();
    answer = await exchanged.get(asked);
  }
  if (answer.kind !== 'token') throw toExchangeFailure(answer, server.name);
  const { token } = answer;
  return {
    headers: { authorization: `Bearer ${token.reveal()}` },
    secrets: [token.reveal(), asked.subject.token.reveal()],
    refuse() {
      exchanged.drop(token);
      return true;
    },
  };
}
