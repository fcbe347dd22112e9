/**
 * The cloud platform: organizations, environments, resource kinds and resources, with policies and an audit trail.
 * It records resources and moves their states; it creates nothing at a cloud provider.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { CloudResource, CloudResourceToolName } from '../contracts/cloud-resource-tools.js';
import { leastKeptMs } from '../contracts/idempotency-key.js';
import { migrate } from '../database/migrate.js';
import type { Database } from '../database/open-database.js';
import type { Logger } from '../logger.js';
import { loadAccessPolicy } from './access-policy.js';
import type { Caller } from './caller.js';
import { systemClock, type Clock } from './clock.js';
import { createResource, dropOldKeys } from './create-resource.js';
import { createCredentialSeal } from './credential-seal.js';
import { findMembership, syncDirectory, type Environment } from './directory.js';
import { readDirectoryFile } from './directory-file.js';
import { platformMigrations } from './migrations.js';
import { performCall, type UseCase } from './perform-call.js';
import type { PlatformContext } from './platform-context.js';
import type { PlatformTables } from './platform-tables.js';
import * as reads from './read-use-cases.js';
import { defaultLifecycle, type LifecycleDurations } from './resource-lifecycle.js';
import type { ResourceView } from './resource-view.js';
import { revealCredentials, type RevealedCredentials } from './reveal-credentials.js';
import { unknownTool } from './unknown-tool.js';
import { watchResource, type WatchOptions } from './watch-resource.js';

/** Runs one use case for a caller; the arguments may be anything and are checked first. */
export type PlatformCall<Result> = (caller: Caller, input: unknown) => Promise<Result>;

/** The platform's doors. Each but the last two leaves exactly one audit record, allowed, denied or failed. */
export interface Platform {
  readonly listOrganizations: PlatformCall<reads.OrganizationView[]>;
  readonly listEnvironments: PlatformCall<Environment[]>;
  readonly listResourceKinds: PlatformCall<reads.KindView[]>;
  readonly getResourceSchema: PlatformCall<reads.KindSchemaView>;
  /** With an idempotency key, as it came: a call that comes again gives the resource that the first one made. */
  createResource(caller: Caller, input: unknown, idempotencyKey?: unknown): Promise<ResourceView>;
  readonly getResource: PlatformCall<ResourceView>;
  readonly searchResources: PlatformCall<CloudResource[]>;
  readonly revealCredentials: PlatformCall<RevealedCredentials>;
  /** Refuses `{ name, arguments }` of a tool that does not exist. */
  readonly refuseUnknownTool: PlatformCall<never>;
  /** Tells which of these tools are offered to the caller; a call asks the same policies again. */
  offeredTools(
    caller: Caller,
    tools: readonly CloudResourceToolName[],
  ): Promise<readonly CloudResourceToolName[]>;
  /** Follows a resource of the caller through its states. */
  watchResource(caller: Caller, id: string, options: WatchOptions): AsyncIterable<ResourceView>;
}

/** What {@link createPlatform} needs. */
export interface PlatformOptions {
  /** Where everything is kept; closing it stays with whoever opened it. */
  readonly database: Database;
  /** Folder of the policies, their schema, and `directory.json`. */
  readonly policies: string;
  /** 32 bytes that seal write-only fields. */
  readonly sealKey: Buffer;
  readonly logger: Logger;
  /** Default: the machine's time. */
  readonly clock?: Clock | undefined;
  /** Default: `res_` and a random UUID without hyphens. */
  readonly newId?: (() => string) | undefined;
  /** Default: `creating` after 300 ms, the end after 1500 ms. */
  readonly lifecycle?: LifecycleDurations | undefined;
  /** How long an idempotency key is kept at least, in milliseconds; default seven days. */
  readonly keyKeptMs?: number | undefined;
}

/**
 * Loads the policies, brings the tables up to date and opens the doors.
 *
 * @throws {@link ConfigError} naming the policy or directory file that is wrong.
 */
export async function createPlatform(options: PlatformOptions): Promise<Platform> {
  const policy = loadAccessPolicy(options.policies);
  const directory = readDirectoryFile(join(options.policies, 'directory.json'), policy.roles);
  await migrate(options.database, platformMigrations);
  const db = options.database.db.withTables<PlatformTables>();
  await syncDirectory(db, directory);
  return openDoors({
    db,
    policy,
    seal: createCredentialSeal(options.sealKey),
    logger: options.logger.child({ component: 'platform' }),
    clock: options.clock ?? systemClock,
    newId: options.newId ?? (() => `res_${randomUUID().replaceAll('-', '')}`),
    lifecycle: options.lifecycle ?? defaultLifecycle,
    keyKeptMs: options.keyKeptMs ?? leastKeptMs,
  });
}

function openDoors(context: PlatformContext): Platform {
  const door =
    <Input, Result>(useCase: UseCase<Input, Result>): PlatformCall<Result> =>
    (caller, input) =>
      performCall(context, useCase, { caller, input });
  return {
    listOrganizations: door(reads.listOrganizations),
    listEnvironments: door(reads.listEnvironments),
    listResourceKinds: door(reads.listResourceKinds),
    getResourceSchema: door(reads.getResourceSchema),
    createResource: async (caller, input, idempotencyKey) => {
      const made = await performCall(context, createResource, { caller, input, idempotencyKey });
      // After the commit: it must not hold up another create, nor take this one with it when it fails.
      if (idempotencyKey !== undefined) await dropOldKeys(context);
      return made;
    },
    getResource: door(reads.getResource),
    searchResources: door(reads.searchResources),
    revealCredentials: door(revealCredentials),
    refuseUnknownTool: door(unknownTool),
    offeredTools: async ({ principal }, tools) => {
      const subject = { principal, membership: await findMembership(context.db, principal) };
      return tools.filter(
        (name) => context.policy.decide({ subject, action: 'use', target: { type: 'Tool', name } }).allowed,
      );
    },
    watchResource: (caller, id, watch) => watchResource(context, { caller, id }, watch),
  };
}
