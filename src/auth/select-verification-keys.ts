/** Chooses the keys that the settings name. */
import { loadDevelopmentKeys } from './development-keys.js';
import { fileKeys, remoteKeys, type VerificationKeys } from './verification-keys.js';

/** Where keys may come from; at most one of the first two is set. */
export interface SelectVerificationKeysOptions {
  /** AUTH_JWKS_URL. */
  readonly jwksUrl?: string | undefined;
  /** AUTH_JWKS_FILE. */
  readonly jwksFile?: string | undefined;
  /** DATA_DIR: the development keys when neither is set. */
  readonly dataDir: string;
}

/**
 * Returns the keys of the key server, else of the file, else the development keys.
 *
 * @throws {@link ConfigError} when the source that was chosen is not usable.
 */
export async function selectVerificationKeys(
  options: SelectVerificationKeysOptions,
): Promise<VerificationKeys> {
  if (options.jwksUrl !== undefined) return remoteKeys(options.jwksUrl);
  if (options.jwksFile !== undefined) return fileKeys(options.jwksFile);
  return (await loadDevelopmentKeys(options.dataDir)).keys;
}
