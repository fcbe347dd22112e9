/** The checks on verified claims that jose leaves to its caller, and the principal they describe. */
import type { JWTPayload } from 'jose';
import { TokenInvalidError } from '../errors.js';
import type { Principal } from './principal.js';

const maximumNameLength = 255;
const controlOrHalfCharacter = /[\p{Cc}\p{Cs}]/u;

interface ClaimBounds {
  readonly nowSeconds: number;
  readonly toleranceSeconds: number;
  readonly maxLifetimeSeconds: number;
  readonly lifeSeconds: number;
}

/** What claims say, whose signature, issuer and audience hold. */
export interface VerifiedClaims {
  readonly principal: Principal;
  readonly times: TokenTimes;
}

/** In seconds since the epoch. */
interface TokenTimes {
  readonly iat: number;
  readonly exp: number;
  readonly nbf: number | undefined;
}

/**
 * Reads claims whose signature, issuer and audience hold. Whether they hold now is {@link checkTimes}’s to say.
 *
 * @throws {@link TokenInvalidError} `claims` or `audience`.
 * @see RFC 9068 section 2.2; RFC 8725 section 3.10
 */
export function readClaims(claims: JWTPayload): VerifiedClaims {
  const exp = requireTime(claims.exp);
  const nbf = claims.nbf === undefined ? undefined : requireTime(claims.nbf);
  const principal = Object.freeze({
    issuer: requireName(claims.iss),
    subject: requireName(claims.sub),
    organization: claims.org === undefined ? undefined : requireName(claims.org),
    scopes: Object.freeze(readScopes(claims.scope)),
    audiences: Object.freeze(readAudiences(claims.aud)),
    expiresAt: exp,
    tokenId: claims.jti === undefined ? undefined : requireName(claims.jti),
    clientId: claims.client_id === undefined ? undefined : requireName(claims.client_id),
  });
  return { principal, times: { iat: requireTime(claims.iat), exp, nbf } };
}

/**
 * Checks the times of claims at one moment.
 *
 * @throws {@link TokenInvalidError} `not-yet-valid`, `lifetime` or `expired`.
 */
export function checkTimes({ iat, exp, nbf }: TokenTimes, bounds: ClaimBounds): void {
  if (nbf !== undefined && nbf > bounds.nowSeconds + bounds.toleranceSeconds)
    throw new TokenInvalidError('not-yet-valid');
  if (exp <= bounds.nowSeconds - bounds.toleranceSeconds) throw new TokenInvalidError('expired');
  if (iat > bounds.nowSeconds + bounds.toleranceSeconds) throw new TokenInvalidError('not-yet-valid');
  if (exp <= iat || exp - iat > bounds.maxLifetimeSeconds) throw new TokenInvalidError('lifetime');
  if (bounds.lifeSeconds > 0 && exp - bounds.nowSeconds < bounds.lifeSeconds) {
    throw new TokenInvalidError('expired');
  }
}

function requireTime(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new TokenInvalidError('claims');
}

/** Names end in keys, rows and log lines: blank ones, and characters that a database or a terminal obeys, are refused. */
function requireName(value: unknown): string {
  if (typeof value === 'string' && isName(value)) return value;
  throw new TokenInvalidError('claims');
}

function isName(text: string): boolean {
  return text.trim() !== '' && text.length <= maximumNameLength && !controlOrHalfCharacter.test(text);
}

function readScopes(value: unknown): string[] {
  if (value === undefined) return [];
  if (typeof value !== 'string') throw new TokenInvalidError('claims');
  return value.split(' ').filter((scope) => scope !== '');
}

function readAudiences(value: unknown): string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const audiences = list.filter((audience) => typeof audience === 'string');
  if (audiences.length !== list.length) throw new TokenInvalidError('audience');
  return audiences;
}
