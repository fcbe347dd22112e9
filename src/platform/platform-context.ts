/** What every use case works with. */
import type { Kysely } from 'kysely';
import type { Logger } from '../logger.js';
import type { AccessPolicy } from './access-policy.js';
import type { Clock } from './clock.js';
import type { CredentialSeal } from './credential-seal.js';
import type { PlatformTables } from './platform-tables.js';
import type { LifecycleDurations } from './resource-lifecycle.js';

/** The parts, made once by {@link createPlatform}. */
export interface PlatformContext {
  readonly db: Kysely<PlatformTables>;
  readonly policy: AccessPolicy;
  readonly seal: CredentialSeal;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Makes an identifier that was never given before. */
  readonly newId: () => string;
  readonly lifecycle: LifecycleDurations;
  /** How long an idempotency key is kept at least, in milliseconds. */
  readonly keyKeptMs: number;
}
