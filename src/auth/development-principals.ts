/** The people of the development set-up, and tokens for them. */
import { randomUUID } from 'node:crypto';
import { InvalidArgumentError } from '../errors.js';
import type { DevelopmentKeys } from './development-keys.js';

const maximumTtlSeconds = 86_400;

/** Who exists in development; what each may do stands in the platform's policies. */
export const developmentPrincipals = {
  alice: { subject: 'alice', organization: 'acme', scope: 'platform' },
  bob: { subject: 'bob', organization: 'acme', scope: 'platform' },
  carol: { subject: 'carol', organization: 'globex', scope: 'platform' },
  dave: { subject: 'dave', organization: 'acme', scope: 'platform' },
} as const;

/** The name of a development principal. */
export type DevelopmentPrincipalName = keyof typeof developmentPrincipals;

/** What a development token says. */
export interface DevelopmentTokenOptions {
  /** Who it is for. */
  readonly name: DevelopmentPrincipalName;
  /** Claim `iss`. */
  readonly issuer: string;
  /** Claim `aud`. */
  readonly audiences: readonly string[];
  /** How long it lives, in seconds; 1 to 86 400. */
  readonly ttlSeconds: number;
  /** The time in milliseconds since the epoch; default `Date.now`. */
  readonly clock?: (() => number) | undefined;
}

/** Tells whether a text names a development principal. */
export function isDevelopmentPrincipalName(text: string): text is DevelopmentPrincipalName {
  return Object.hasOwn(developmentPrincipals, text);
}

/**
 * Signs a token for a development principal.
 *
 * @throws {@link InvalidArgumentError} when the life is not a whole number of 1 to 86 400 seconds.
 * @see RFC 9068 section 2.2
 */
export async function mintDevelopmentToken(
  keys: DevelopmentKeys,
  options: DevelopmentTokenOptions,
): Promise<string> {
  const { name, issuer, audiences, ttlSeconds, clock = Date.now } = options;
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > maximumTtlSeconds) {
    throw new InvalidArgumentError([
      { path: 'ttl', message: 'must be a whole number of seconds, 1 to 86400; choose one in between.' },
    ]);
  }
  const { subject, organization, scope } = developmentPrincipals[name];
  const issuedAt = Math.floor(clock() / 1_000);
  return keys.sign({
    iss: issuer,
    sub: subject,
    org: organization,
    scope,
    aud: [...audiences],
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + ttlSeconds,
    jti: randomUUID(),
    client_id: 'graph-fleet-development',
  });
}
