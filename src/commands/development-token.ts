/** Tokens of development principals for commands, where the agent server takes them. */
import { loadDevelopmentKeys } from '../auth/development-keys.js';
import {
  developmentPrincipals,
  isDevelopmentPrincipalName,
  mintDevelopmentToken,
} from '../auth/development-principals.js';
import type { Settings } from '../config/env.js';
import { ConfigError, InvalidArgumentError } from '../errors.js';

/** The names of the development principals, as a usage line shows them. */
export const developmentNames = Object.keys(developmentPrincipals).join('|');

/** Which token is made. */
export interface WantedToken {
  readonly name: string;
  readonly ttlSeconds: number;
  /** The claim `aud`; the agent server’s audience and the platform’s when left out. */
  readonly audience?: string | undefined;
  /** How the command is called, for the errors. */
  readonly usage: string;
  /** What to do where development tokens are refused, as the end of a sentence. */
  readonly instead: string;
}

/**
 * Makes a development token with the keys in DATA_DIR.
 *
 * @throws {@link InvalidArgumentError} for a name that is no development principal’s.
 * @throws {@link ConfigError} when AUTH_JWKS_URL or AUTH_JWKS_FILE names other keys.
 */
export async function makeDevelopmentToken(settings: Settings, wanted: WantedToken): Promise<string> {
  const { name, ttlSeconds, audience, usage, instead } = wanted;
  if (!isDevelopmentPrincipalName(name)) {
    throw new InvalidArgumentError([
      { path: 'name', message: `there is no such development principal; ${usage}` },
    ]);
  }
  const { authJwksUrl, authJwksFile, authAudience, platformAudience } = settings;
  if (authJwksUrl !== undefined || authJwksFile !== undefined) {
    throw new ConfigError(
      authJwksUrl === undefined ? 'AUTH_JWKS_FILE' : 'AUTH_JWKS_URL',
      `names other keys, so a development token would be refused; ${instead}`,
    );
  }
  const keys = await loadDevelopmentKeys(settings.dataDir);
  const audiences = audience === undefined ? [authAudience, platformAudience] : [audience];
  return mintDevelopmentToken(keys, { name, issuer: settings.authIssuer, audiences, ttlSeconds });
}
