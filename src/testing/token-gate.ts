/** Which tokens a test server accepts: all it can read, those an issuer signed, and none that the test took back. */
import { readAuthorizationHeader } from '../auth/bearer-token.js';
import { toAuthResponse } from '../auth/challenge.js';
import type { TokenVerifier } from '../auth/token-verifier.js';
import { createTokenVerifier } from '../auth/token-verifier.js';
import type { TokenRefusal } from '../errors.js';
import { KeysUnavailableError, TokenInvalidError, TokenMissingError } from '../errors.js';
import type { RequestSender } from './request-sender.js';
import type { TokenIssuer } from './token-issuer.js';

/** Why a test server sent somebody away. */
export type GateRefusal = TokenRefusal | 'missing' | 'revoked' | 'keys-unavailable';

/** A request that came to nothing, as its token said it. */
export interface RefusedRequest {
  readonly subject: string;
  readonly tokenId: string | undefined;
  readonly reason: GateRefusal;
}

/** How a test decides over tokens while the server runs. */
export interface TokenControls {
  /** Every request that its token did not open the door to, in the order they came. */
  readonly refused: readonly RefusedRequest[];
  /**
   * Verifies tokens from now on, as a resource server does: signature, issuer, audience, times, and no tolerance between
   * clocks. Until then a token is read and believed.
   *
   * @param audience the server’s own URL when left out.
   */
  trust(issuer: Pick<TokenIssuer, 'issuer' | 'keys'>, audience?: string): void;
  /** Refuses one token, or every token of a person, also those that are issued later. */
  revoke(whose: { readonly tokenId: string } | { readonly subject: string }): void;
  /** Answers as expired the tokens that one person has used here, or everybody has; a new one is accepted. */
  expire(subject?: string): void;
  /** Refuses the tokens that were used here, or issued before this second, as signed with keys that are gone. */
  rotate(): void;
  /** Forgets every {@link TokenControls.revoke}, `expire` and `rotate`. */
  readmit(): void;
}

/** The gate itself. */
export interface TokenGate extends TokenControls {
  /** Lets a request in with undefined, or gives the answer that refuses it. @see RFC 6750 section 3 */
  admit(sender: RequestSender): Promise<Response | undefined>;
}

/** What a gate needs. */
export interface TokenGateOptions {
  /** The audience of {@link TokenControls.trust}, when none is named. */
  readonly audience: () => string;
  /** Lets requests without a token in. */
  readonly anonymous: boolean;
  readonly clock: () => number;
}

interface Rule {
  readonly reason: GateRefusal;
  readonly applies: (sender: RequestSender) => boolean;
}

/** Creates a gate that believes every token. */
export function createTokenGate({ audience: ownAudience, anonymous, clock }: TokenGateOptions): TokenGate {
  const refused: RefusedRequest[] = [];
  const seen = new Map<string, string>();
  let rules: readonly Rule[] = [];
  let verifier: TokenVerifier | undefined;

  const retire = (reason: GateRefusal, retired: ReadonlySet<string>, before = 0): void => {
    const applies = ({ authorization, issuedAt = Infinity }: RequestSender): boolean =>
      retired.has(authorization ?? '') || issuedAt < before;
    rules = [...rules, { reason, applies }];
  };
  const judge = async (sender: RequestSender): Promise<GateRefusal | undefined> => {
    const { authorization, subject } = sender;
    if (authorization === null && anonymous) return undefined;
    const refusal =
      (await verify(authorization, verifier)) ?? rules.find(({ applies }) => applies(sender))?.reason;
    if (refusal === undefined) seen.set(authorization ?? '', subject);
    return refusal;
  };
  return {
    refused,
    trust: ({ issuer, keys }, audience = ownAudience()) => {
      verifier = createTokenVerifier({ issuer, audience, keys, clock, toleranceSeconds: 0 });
    },
    revoke: (whose) => {
      const applies = (sender: RequestSender): boolean =>
        'subject' in whose ? sender.subject === whose.subject : sender.tokenId === whose.tokenId;
      rules = [...rules, { reason: 'revoked', applies }];
    },
    expire: (subject) => {
      const used = [...seen].filter(([, user]) => subject === undefined || user === subject);
      retire('expired', new Set(used.map(([authorization]) => authorization)));
    },
    rotate: () => {
      retire('key', new Set(seen.keys()), Math.floor(clock() / 1_000));
    },
    readmit: () => {
      rules = [];
    },
    admit: async (sender) => {
      const reason = await judge(sender);
      if (reason === undefined) return undefined;
      refused.push({ subject: sender.subject, tokenId: sender.tokenId, reason });
      return toResponse(reason);
    },
  };
}

async function verify(
  authorization: string | null,
  verifier: TokenVerifier | undefined,
): Promise<GateRefusal | undefined> {
  if (verifier === undefined) return authorization === null ? 'missing' : undefined;
  try {
    await verifier.verify(readAuthorizationHeader(authorization));
    return undefined;
  } catch (error) {
    if (error instanceof TokenMissingError) return 'missing';
    if (error instanceof KeysUnavailableError) return 'keys-unavailable';
    if (error instanceof TokenInvalidError) return error.reason;
    throw error;
  }
}

function toResponse(reason: GateRefusal): Response {
  const answer = toAuthResponse(toError(reason));
  if (answer === undefined) throw new TypeError(`No answer is known for the refusal "${reason}".`);
  const { status, headers, body } = answer;
  return Response.json(body, { status, headers });
}

function toError(reason: GateRefusal): Error {
  if (reason === 'missing') return new TokenMissingError();
  if (reason === 'keys-unavailable') return new KeysUnavailableError();
  return new TokenInvalidError(reason === 'revoked' ? 'claims' : reason);
}
