/** A token service on loopback that exchanges the tokens of one issuer for tokens of its own. @see RFC 8693 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { decodeJwt } from 'jose';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { createTokenVerifier } from '../../src/auth/token-verifier.js';
import type { TokenIssuer } from '../../src/testing/token-issuer.js';
import { createTokenIssuer } from '../../src/testing/token-issuer.js';

/** One request as it came. */
export interface RecordedExchange {
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly form: Readonly<Record<string, string>>;
  /** Claims of the subject token, unverified. */
  readonly subject: string | undefined;
}

/** Answers a request in place of the service. */
export type ExchangeAnswerer = (response: ServerResponse, request: RecordedExchange) => void;

export interface TokenService {
  readonly url: string;
  readonly requests: RecordedExchange[];
  /** Every token that was given out, in order. */
  readonly given: string[];
  /** Life of the tokens given out, in seconds. */
  lifeSeconds: number;
  /** Decides the answers while set. */
  answer: ExchangeAnswerer | undefined;
  close(): Promise<void>;
}

/** Starts a service that accepts the tokens of `users` for `audience`. */
export async function startTokenService(users: TokenIssuer, audience: string): Promise<TokenService> {
  const verifier = createTokenVerifier({ issuer: users.issuer, audience, keys: users.keys });
  const own = createTokenIssuer([]);
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const service: TokenService = {
    url: `http://127.0.0.1:${String(port)}/token`,
    requests: [],
    given: [],
    lifeSeconds: 300,
    answer: undefined,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await record(incoming);
    service.requests.push(request);
    if (service.answer !== undefined) {
      service.answer(response, request);
      return;
    }
    const subject = await verify(request.form['subject_token']);
    if (subject === undefined) {
      sendJson({ error: 'invalid_grant' }, 400)(response);
      return;
    }
    const now = Math.floor(Date.now() / 1000);
    const token = own.token(subject, { aud: request.form['audience'], exp: now + service.lifeSeconds });
    service.given.push(token);
    sendJson(tokenAnswer(token, { expires_in: service.lifeSeconds }))(response);
  };

  const verify = async (subjectToken: string | undefined): Promise<string | undefined> => {
    try {
      return (await verifier.verify(toBearerToken(subjectToken))).subject;
    } catch {
      return undefined;
    }
  };
  return service;
}

async function record(incoming: IncomingMessage): Promise<RecordedExchange> {
  const form = Object.fromEntries(new URLSearchParams(await text(incoming)));
  const token = form['subject_token'];
  return {
    authorization: incoming.headers.authorization,
    contentType: incoming.headers['content-type'],
    form,
    subject: token?.split('.').length === 3 ? decodeJwt(token).sub : undefined,
  };
}

/** A good answer; members given here replace the usual ones. */
export function tokenAnswer(token: string, changes: Readonly<Record<string, unknown>> = {}) {
  return {
    access_token: token,
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 300,
    ...changes,
  };
}

/** Answers with this value as JSON. */
export function sendJson(value: unknown, status = 200): (response: ServerResponse) => void {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
}
