/** The keys that creates came with, each with the resource it made; a key that comes again gives that resource. */
import type { Kysely } from 'kysely';
import type { Principal } from '../auth/principal.js';
import { principalKey } from '../auth/principal.js';
import { idempotencyKey, idempotencyKeyName } from '../contracts/idempotency-key.js';
import { InvalidArgumentError, StorageUnavailableError } from '../errors.js';
import { digestOf } from './digest.js';
import type { PlatformTables } from './platform-tables.js';

const path = `_meta.${idempotencyKeyName}`;

/**
 * Reads a key as it came; undefined when there is none.
 *
 * @throws {@link InvalidArgumentError} naming its place.
 */
export function parseIdempotencyKey(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const parsed = idempotencyKey.safeParse(value);
  if (parsed.success) return parsed.data;
  const message =
    'It must be a text of 1 to 128 characters without control characters; send such a key, or none.';
  throw new InvalidArgumentError([{ path, message }]);
}

/** One use of a key. */
export interface KeyUse {
  readonly key: string;
  readonly principal: Principal;
  /** Everything that makes two calls the same, without write-only fields: a password may be generated anew. */
  readonly content: unknown;
  /** The resource that this call makes if it is the first. */
  readonly resourceId: string;
  /** RFC 3339, UTC. */
  readonly at: string;
}

/**
 * Takes a key for a resource. Run it inside the transaction that makes the resource: a call with the same key waits for
 * the commit, and a call that fails leaves its key free.
 *
 * @returns undefined for the first; else the id of the resource that the first one made.
 * @throws {@link InvalidArgumentError} when the key came with another call before.
 */
export async function takeIdempotencyKey(
  db: Kysely<PlatformTables>,
  { key, principal, content, resourceId, at }: KeyUse,
): Promise<string | undefined> {
  const keyDigest = digestOf([principalKey(principal), key]);
  const contentDigest = digestOf(content);
  const taken = await db
    .insertInto('idempotency_keys')
    .values({ key_digest: keyDigest, content_digest: contentDigest, resource_id: resourceId, taken_at: at })
    .onConflict((conflict) => conflict.column('key_digest').doNothing())
    .executeTakeFirst();
  if (taken.numInsertedOrUpdatedRows === 1n) return undefined;
  const first = await db
    .selectFrom('idempotency_keys')
    .select(['content_digest', 'resource_id'])
    .where('key_digest', '=', keyDigest)
    // It was too old and dropped in this moment; the same call is the first one then.
    .executeTakeFirstOrThrow(() => new StorageUnavailableError());
  if (first.content_digest === contentDigest) return first.resource_id;
  const message = 'This key came with another call before; give every call a key of its own.';
  throw new InvalidArgumentError([{ path, message }]);
}

/** Drops the keys that were taken before a time (RFC 3339, UTC). */
export async function dropIdempotencyKeys(db: Kysely<PlatformTables>, before: string): Promise<void> {
  await db.deleteFrom('idempotency_keys').where('taken_at', '<', before).execute();
}
