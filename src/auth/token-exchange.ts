/** One exchange of a user's token for a token of the same user that is meant for another service. @see RFC 8693 */
import { z } from 'zod';
import type { BearerToken } from './bearer-token.js';
import { toBearerToken } from './bearer-token.js';
import { readLimitedBody } from './limited-body.js';
import { parseJson } from './parse-json.js';

const maximumAnswerBytes = 65_536;
/** The life of a token whose answer names none, in seconds. @see RFC 8693 section 2.2.1, "expires_in" */
const unnamedLifeSeconds = 300;
// Says what the token is for, an access token of its issuer; `…:jwt` would tell its form only. @see RFC 8693 section 3
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';
const jwtType = 'urn:ietf:params:oauth:token-type:jwt';

/** For what tokens are exchanged, where, and as which client. */
export interface ExchangeRule {
  /** The token service: https, or http on loopback. */
  readonly tokenUrl: string;
  /** What the new token must be meant for. */
  readonly audience: string;
  /** The service's own URL, sent as `resource` where the audience is nothing else. */
  readonly url: string;
  /** Scopes to ask for, separated by spaces; the token service's own choice when left out. */
  readonly scope?: string | undefined;
  readonly clientId: string;
  /** Makes the client a confidential one; sent with HTTP Basic. @see RFC 6749 section 2.3.1 */
  readonly clientSecret?: string | undefined;
}

/** How {@link exchangeToken} speaks to the token service. */
export interface ExchangeRequestOptions {
  readonly fetch: typeof globalThis.fetch;
  /** Longest wait for an answer, in milliseconds. */
  readonly timeoutMs: number;
}

/** Why a token service refused in the words of the standards; a closed set that is safe to show. */
export type ExchangeFault = (typeof faults)[number] | 'unreadable_answer';

const faults = [
  'invalid_target',
  'invalid_request',
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
] as const;

/** What came of an exchange. */
export type ExchangeAnswer =
  | { readonly kind: 'token'; readonly token: BearerToken; readonly lifeSeconds: number }
  /** The user's token is not accepted. @see RFC 6749 section 5.2, "invalid_grant" */
  | { readonly kind: 'refused' }
  /** No answer, or one that says to come again. */
  | { readonly kind: 'unavailable'; readonly mayRetry: boolean }
  /** The rule or the token service is set up wrong. */
  | { readonly kind: 'misconfigured'; readonly fault: ExchangeFault };

/**
 * Exchanges a token with a single request. Redirects are refused and at most 64 KiB are read. Nothing that the token
 * service says is passed on but its error code, from a closed set.
 */
export async function exchangeToken(
  rule: ExchangeRule,
  subject: BearerToken,
  { fetch, timeoutMs }: ExchangeRequestOptions,
): Promise<ExchangeAnswer> {
  try {
    const response = await fetch(rule.tokenUrl, {
      method: 'POST',
      redirect: 'error',
      headers: toHeaders(rule),
      body: toForm(rule, subject).toString(),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await readLimitedBody(response, maximumAnswerBytes);
    return toAnswer(response.status, text === undefined ? undefined : parseJson(text), subject);
  } catch {
    // Left out: nothing but the connection can fail here, and a `fetch` of the caller's may quote its request.
    return { kind: 'unavailable', mayRetry: true };
  }
}

function toHeaders({ clientId, clientSecret }: ExchangeRule): Record<string, string> {
  const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };
  if (clientSecret === undefined) return headers;
  const credentials = Buffer.from(`${formEncode(clientId)}:${formEncode(clientSecret)}`).toString('base64');
  return { ...headers, authorization: `Basic ${credentials}` };
}

function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

function toForm(rule: ExchangeRule, subject: BearerToken): URLSearchParams {
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: subject.reveal(),
    subject_token_type: accessTokenType,
    requested_token_type: accessTokenType,
    audience: rule.audience,
  });
  // An audience of another name is not sent beside the URL: two targets ask for a token that is good at both.
  // @see RFC 8693 section 2.1.1
  if (rule.audience === rule.url) form.set('resource', rule.url);
  if (rule.scope !== undefined) form.set('scope', rule.scope);
  if (rule.clientSecret === undefined) form.set('client_id', rule.clientId);
  return form;
}

const tokenAnswer = z.object({
  access_token: z.string(),
  issued_token_type: z.enum([accessTokenType, jwtType]),
  // `N_A` says that the token is no access token. @see RFC 8693 section 2.2.1
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z
    .union([z.number().nonnegative(), z.string().regex(/^\d{1,9}$/)])
    .transform(Number)
    .default(unnamedLifeSeconds),
});
const errorAnswer = z.object({ error: z.string() });
const unreadable: ExchangeAnswer = { kind: 'misconfigured', fault: 'unreadable_answer' };

function toAnswer(status: number, body: unknown, subject: BearerToken): ExchangeAnswer {
  if (status === 200) return toTokenAnswer(body, subject);
  if (status >= 500) return { kind: 'unavailable', mayRetry: true };
  if (status === 408 || status === 429) return { kind: 'unavailable', mayRetry: false };
  const code = errorAnswer.safeParse(body).data?.error;
  if (code === 'invalid_grant') return { kind: 'refused' };
  const fault = faults.find((known) => known === code);
  return fault === undefined ? unreadable : { kind: 'misconfigured', fault };
}

function toTokenAnswer(body: unknown, subject: BearerToken): ExchangeAnswer {
  const answer = tokenAnswer.safeParse(body).data;
  // A service that hands the user's own token back would send it where it must not go.
  if (answer === undefined || answer.access_token === subject.reveal()) return unreadable;
  const token = readToken(answer.access_token);
  return token === undefined ? unreadable : { kind: 'token', token, lifeSeconds: answer.expires_in };
}

function readToken(text: string): BearerToken | undefined {
  try {
    return toBearerToken(text);
  } catch {
    // No b64token; which characters it has instead is the token service's affair.
    return undefined;
  }
}
