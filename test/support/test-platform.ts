/** A platform on a real database file in a folder of its own, and callers for it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type Database } from '../../src/database/open-database.js';
import { silentLogger } from '../../src/logger.js';
import { openAuditTrail } from '../../src/platform/audit-log.js';
import type { Caller } from '../../src/platform/caller.js';
import { createPlatform, type Platform, type PlatformOptions } from '../../src/platform/platform.js';
import type { AuditRow } from '../../src/platform/platform-tables.js';

export const policiesFolder = join(import.meta.dirname, '../../policies');

export interface TestPlatform {
  readonly platform: Platform;
  readonly database: Database;
  readonly folder: string;
  audit(): Promise<AuditRow[]>;
  close(): Promise<void>;
}

export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'graph-fleet-test-'));
}

export async function openTestPlatform(
  options: Partial<PlatformOptions> & { folder?: string } = {},
): Promise<TestPlatform> {
  const { folder = makeFolder(), ...rest } = options;
  const database = rest.database ?? (await openDatabase({ file: join(folder, 'platform.db') }));
  const platform = await createPlatform({
    database,
    policies: policiesFolder,
    sealKey: Buffer.alloc(32, 7),
    logger: silentLogger,
    ...rest,
  });
  return {
    platform,
    database,
    folder,
    audit: () => readTrail(database),
    close: async () => {
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function readTrail(database: Database): Promise<AuditRow[]> {
  const rows: AuditRow[] = [];
  for await (const row of openAuditTrail(database).read()) rows.push(row);
  return rows;
}

const organizations = {
  alice: 'acme',
  bob: 'acme',
  carol: 'globex',
  dave: 'acme',
  mallory: undefined,
} as const;

export type Person = keyof typeof organizations;

export function callerFor(subject: Person, principal: Partial<Caller['principal']> = {}): Caller {
  return {
    principal: {
      issuer: 'http://localhost/test',
      subject,
      organization: organizations[subject],
      scopes: ['platform'],
      audiences: ['platform'],
      expiresAt: 4_000_000_000,
      tokenId: `token-of-${subject}`,
      ...principal,
    },
    requestId: `request-of-${subject}`,
    clientId: 'test-client',
  };
}

export const rdsSpec = {
  engine: 'postgres',
  engine_version: '16.4',
  instance_class: 'db.t3.small',
  allocated_storage_gb: 20,
  username: 'app_admin',
  password: 'canary-Password-41',
  subnet_ids: ['subnet-a1', 'subnet-b2'],
} as const;

export function createInput(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    cloud_resource_kind: 'AwsRdsInstance',
    org_id: 'acme',
    env_name: 'dev',
    resource_name: 'orders',
    spec: rdsSpec,
    ...changes,
  };
}
