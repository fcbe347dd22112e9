/** A bearer token that can be carried anywhere in the process and prints as `[redacted]` wherever it lands. */
import type { TokenRefusal } from '../errors.js';
import { TokenInvalidError, TokenMissingError } from '../errors.js';

/** Longest token accepted, in characters. */
export const maximumTokenLength = 8_192;

const hidden = '[redacted]';
// A registered symbol, since server and graph may load this module twice; JSON from outside cannot carry a symbol.
const brand = Symbol.for('graph-fleet.bearer-token');
const refusal = Symbol.for('graph-fleet.refused-token');
const inspect = Symbol.for('nodejs.util.inspect.custom');
const b64token = /^[A-Za-z0-9\-._~+/]+=*$/;

/** A token whose text comes out of {@link BearerToken.reveal} only; strings, JSON and inspection show `[redacted]`. */
export interface BearerToken {
  /** Returns the token's text: for the verifier and the outgoing request, nowhere else. */
  reveal(): string;
}

/**
 * Wraps a token's text. A token that is wrapped already comes back as it is.
 *
 * @throws {@link TokenMissingError} for undefined, null and the empty string.
 * @throws {@link TokenInvalidError} `malformed` for anything but a b64token, `too-large` above 8 192 characters.
 * @see RFC 6750 section 2.1
 */
export function toBearerToken(value: unknown): BearerToken {
  if (value === undefined || value === null || value === '') throw new TokenMissingError();
  if (isBearerToken(value)) return value;
  if (isRefusedToken(value)) throw new TokenInvalidError(value[refusal]);
  if (typeof value !== 'string') throw new TokenInvalidError('malformed');
  if (value.length > maximumTokenLength) throw new TokenInvalidError('too-large');
  if (!b64token.test(value)) throw new TokenInvalidError('malformed');
  const token = {
    reveal: () => value,
    toString: () => hidden,
    toJSON: () => hidden,
    [inspect]: () => hidden,
  };
  Object.defineProperty(token, brand, { value: true });
  return Object.freeze(token);
}

/** What stands in the place of a text that is no token, until somebody asks for the token. */
export interface RefusedToken {
  readonly [refusal]: TokenRefusal;
}

/**
 * Hides any text of a caller's as {@link toBearerToken} does, and never throws: what is no token must not be shown either.
 *
 * @returns the token, or an object for which `toBearerToken` throws what it would have thrown for the text.
 */
export function sealTokenText(text: string): BearerToken | RefusedToken {
  try {
    return toBearerToken(text);
  } catch (error) {
    if (!(error instanceof TokenInvalidError)) throw error;
    return Object.freeze({ [refusal]: error.reason, toJSON: () => hidden });
  }
}

function isRefusedToken(value: unknown): value is RefusedToken {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, refusal);
}

/**
 * Takes the token out of an Authorization header.
 *
 * @throws {@link TokenMissingError} when there is no header, or one of another scheme.
 * @throws {@link TokenInvalidError} when it is not exactly `Bearer`, one space, one token.
 * @see RFC 6750 section 2.1; section 3.1 for another scheme
 */
export function readAuthorizationHeader(header: string | null | undefined): BearerToken {
  if (header === undefined || header === null || !/^\s*bearer\b/i.test(header)) throw new TokenMissingError();
  if (header.length > maximumTokenLength + 'Bearer '.length) throw new TokenInvalidError('too-large');
  const text = /^bearer ([^\s,]+)$/i.exec(header)?.[1];
  if (text === undefined) throw new TokenInvalidError('malformed');
  return toBearerToken(text);
}

/** Tells whether a value was made by {@link toBearerToken}, in this copy of the module or another. */
export function isBearerToken(value: unknown): value is BearerToken {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, brand);
}
