/** Puts the platform together from settings, for every process that runs it. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { selectVerificationKeys } from '../auth/select-verification-keys.js';
import { createTokenVerifier } from '../auth/token-verifier.js';
import type { VerificationKeys } from '../auth/verification-keys.js';
import type { Settings } from '../config/env.js';
import { withListeningPorts } from '../config/listening-ports.js';
import { requireDataFolder } from '../database/data-folder.js';
import { openDatabase } from '../database/open-database.js';
import type { Logger } from '../logger.js';
import { createPlatform, type Platform } from '../platform/platform.js';
import { loadSealKey } from '../platform/seal-key.js';
import { startPlatformServer, type PlatformAccess, type PlatformServer } from './http.js';
import { startPlatformStdio } from './stdio.js';

/** A platform that is ready to be served. */
export interface AssembledPlatform {
  readonly platform: Platform;
  /** Serves it over HTTP at the settings' host and port. */
  start(): Promise<PlatformServer>;
  /** Serves it over this process's stdin and stdout. */
  startStdio(): Promise<void>;
  /** Ends what was started and gives the database back; safe to call twice. */
  close(): Promise<void>;
}

/** The database file inside the data folder. */
export function platformDatabaseFile(dataDir: string): string {
  return join(dataDir, 'platform.db');
}

/**
 * Opens the database, loads keys and policies, and returns the platform; it listens nowhere yet.
 *
 * @throws {@link ConfigError} naming the setting or file that is wrong, with nothing left open.
 */
export async function assemblePlatform(settings: Settings, logger: Logger): Promise<AssembledPlatform> {
  const { authJwksUrl: jwksUrl, authJwksFile: jwksFile, dataDir } = settings;
  requireDataFolder(dataDir);
  const keys = await selectVerificationKeys({ jwksUrl, jwksFile, dataDir });
  const database = await openDatabase({ url: settings.databaseUrl, file: platformDatabaseFile(dataDir) });
  const openDoors: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(openDoors.map((door) => door.close()));
    await database.close();
  };
  try {
    const sealKey = loadSealKey(join(dataDir, 'platform-seal.key'));
    const platform = await createPlatform({ database, policies: policiesFolder(), sealKey, logger });
    const keep = <Door extends { close(): Promise<void> }>(door: Door): Door => {
      openDoors.push(door);
      return door;
    };
    return {
      platform,
      start: async () => keep(await startHttp(platform, { settings, logger, keys })),
      startStdio: async () => void keep(await startStdio(platform, { settings, logger, keys })),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface DoorParts {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly keys: VerificationKeys;
}

function startHttp(platform: Platform, { settings, logger, keys }: DoorParts): Promise<PlatformServer> {
  const { host, platformPort, allowedHosts, allowedOrigins } = settings;
  const accessFor = (port: number): PlatformAccess =>
    toAccess(withListeningPorts(settings, { platformPort: port }), keys);
  return startPlatformServer({
    platform,
    logger,
    host,
    port: platformPort,
    allowedHosts,
    allowedOrigins,
    accessFor,
  });
}

function startStdio(
  platform: Platform,
  { settings, logger, keys }: DoorParts,
): ReturnType<typeof startPlatformStdio> {
  const { verifier } = toAccess(settings, keys);
  return startPlatformStdio({ platform, logger, verifier, token: settings.platformToken });
}

function toAccess(settings: Settings, keys: VerificationKeys): PlatformAccess {
  const { authIssuer: issuer, platformAudience: audience } = settings;
  return { issuer, audience, verifier: createTokenVerifier({ issuer, audience, keys }) };
}

/** Two folders up from here, in the sources as in the build. */
function policiesFolder(): string {
  return fileURLToPath(new URL('../../policies/', import.meta.url));
}
