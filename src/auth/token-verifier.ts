/** Turns a bearer token into the principal it was issued for, or says from a closed set why not. */
import { errors, jwtVerify } from 'jose';
import type { JWTVerifyOptions, JWTVerifyResult } from 'jose';
import { KeysUnavailableError, TokenInvalidError, type TokenRefusal } from '../errors.js';
import type { BearerToken } from './bearer-token.js';
import { acceptedAlgorithms, checkCompactToken } from './compact-token.js';
import type { Principal } from './principal.js';
import type { Proof } from './proven-tokens.js';
import { createProvenTokens } from './proven-tokens.js';
import type { VerifiedClaims } from './verified-claims.js';
import { checkTimes, readClaims } from './verified-claims.js';
import type { VerificationKeys } from './verification-keys.js';

/** What {@link createTokenVerifier} needs. */
export interface TokenVerifierOptions {
  /** Claim `iss`, compared exactly. */
  readonly issuer: string;
  /** Must stand in claim `aud`, exactly. */
  readonly audience: string;
  /** The keys that may have signed. */
  readonly keys: VerificationKeys;
  /** The time in milliseconds since the epoch; default `Date.now`. */
  readonly clock?: (() => number) | undefined;
  /** How far two clocks may differ, in seconds; 0 to 60; default 30. */
  readonly toleranceSeconds?: number | undefined;
  /** Longest time from `iat` to `exp`, in seconds; at least 1; default 86 400. */
  readonly maxLifetimeSeconds?: number | undefined;
}

/** What one use asks of a token beyond being good. */
export interface TokenNeeds {
  /** A token with less life left than this is refused as expired, in seconds; default 0: the tolerance alone decides. */
  readonly lifeSeconds?: number | undefined;
}

/** Verifies tokens for one audience. */
export interface TokenVerifier {
  /**
   * Verifies a token and reads who it was issued for. The signature of a token that was proven before is not checked
   * again while its key is the one it was proven with.
   *
   * @throws {@link TokenInvalidError} with the closed reason.
   * @throws {@link KeysUnavailableError} when no key could be looked up; the token may be good.
   */
  verify(token: BearerToken, needs?: TokenNeeds): Promise<Principal>;
}

/**
 * Creates a verifier of signed access tokens: form, header, algorithm, signature, issuer, audience, times, subject.
 *
 * @throws {@link RangeError} when an option is outside its bounds.
 * @see RFC 8725 section 3; RFC 9068 section 4
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { issuer, audience, keys, clock = Date.now } = options;
  const toleranceSeconds = requireSeconds('toleranceSeconds', options.toleranceSeconds ?? 30, [0, 60]);
  const maxLifetimeSeconds = requireSeconds('maxLifetimeSeconds', options.maxLifetimeSeconds ?? 86_400, [
    1,
    Infinity,
  ]);
  if (issuer === '' || audience === '') throw new RangeError('issuer and audience must not be empty.');

  const proven = createProvenTokens(keys);
  const prove = async (token: BearerToken, nowMs: number): Promise<VerifiedClaims> => {
    const text = token.reveal();
    checkCompactToken(text);
    const { payload, protectedHeader, key } = await verifySignature(text, keys, {
      algorithms: [...acceptedAlgorithms],
      issuer,
      audience,
      requiredClaims: ['exp', 'iat', 'sub'],
      clockTolerance: toleranceSeconds,
      currentDate: new Date(nowMs),
    });
    const claims = readClaims(payload);
    proven.add(token, { claims, header: protectedHeader, key });
    return claims;
  };

  const verify = async (token: BearerToken, { lifeSeconds = 0 }: TokenNeeds = {}): Promise<Principal> => {
    const nowMs = clock();
    const { principal, times } = (await proven.claimsOf(token)) ?? (await prove(token, nowMs));
    const nowSeconds = Math.floor(nowMs / 1_000);
    checkTimes(times, { nowSeconds, toleranceSeconds, maxLifetimeSeconds, lifeSeconds });
    return principal;
  };
  return Object.freeze({ verify });
}

function requireSeconds(name: string, value: number, [least, most]: readonly [number, number]): number {
  if (value >= least && value <= most) return value;
  throw new RangeError(`${name} must be ${String(least)} to ${String(most)} seconds; got ${String(value)}.`);
}

/** What a good signature stands under, and the key that it was made with. */
type SignedToken = JWTVerifyResult & Pick<Proof, 'key'>;

async function verifySignature(
  text: string,
  keys: VerificationKeys,
  options: JWTVerifyOptions,
): Promise<SignedToken> {
  try {
    return await jwtVerify(text, keys, options);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw toRefusal(error);
    return await verifyWithAny(text, error, options);
  }
}

/** Tries each key of a set that carries the same `kid` more than once; the set's size bounds the tries. */
async function verifyWithAny(
  text: string,
  candidates: errors.JWKSMultipleMatchingKeys,
  options: JWTVerifyOptions,
): Promise<SignedToken> {
  for await (const key of candidates) {
    try {
      return { ...(await jwtVerify(text, key, options)), key };
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw toRefusal(error);
    }
  }
  throw new TokenInvalidError('signature');
}

/** The cause is left out on purpose: jose hangs the claims on its errors, and a log would print them. */
function toRefusal(error: unknown): TokenInvalidError | KeysUnavailableError {
  if (error instanceof KeysUnavailableError) return error;
  return new TokenInvalidError(toReason(error));
}

function toReason(error: unknown): TokenRefusal {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) return toClaimReason(error);
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'algorithm';
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) return 'malformed';
  // No matching key, a key of the wrong type, and jose's TypeError without a code for RSA keys below 2048 bits.
  return 'key';
}

function toClaimReason({ claim, reason }: errors.JWTClaimValidationFailed): TokenRefusal {
  if (claim === 'iss') return 'issuer';
  if (claim === 'aud') return 'audience';
  return claim === 'nbf' && reason === 'check_failed' ? 'not-yet-valid' : 'claims';
}
