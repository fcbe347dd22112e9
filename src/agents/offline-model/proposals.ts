/** What the model proposes for fields that were not said, and the spec that comes out. */
import { createHash } from 'node:crypto';
import type { Draft, DraftField } from './draft.js';
import { isProduction } from './place-rules.js';

/** The newest stable versions that this model knows of. */
export const newestVersions: Readonly<Record<string, string>> = {
  postgres: '16.4',
  mysql: '8.0.39',
  mariadb: '10.11.9',
  'oracle-se2': '19',
  'sqlserver-ex': '15.00',
};

/** The proposals of one class of environments. */
export interface Sizing {
  readonly instanceClass: string;
  readonly storageGb: number;
  readonly isMultiAz: boolean;
}

/** Proposals for environments that are not production. */
export const smallSizing: Sizing = { instanceClass: 'db.t3.small', storageGb: 20, isMultiAz: false };

/** Proposals for production. */
export const productionSizing: Sizing = { instanceClass: 'db.m5.large', storageGb: 100, isMultiAz: true };

/** The master user when none was said. */
export const defaultUsername = 'app_admin';

/** A draft with every field that a spec needs. */
export interface CompleteDraft extends Draft {
  readonly name: string;
  readonly engine: string;
  readonly version: string;
  readonly instanceClass: string;
  readonly storageGb: number;
  readonly username: string;
  readonly isPublic: boolean;
  readonly isMultiAz: boolean;
  readonly isEncrypted: boolean;
}

/** Gives the proposals for an environment. */
export function sizingFor(environment: string): Sizing {
  return isProduction(environment) ? productionSizing : smallSizing;
}

/** The fields without which nothing can be created and for which nobody but the person has a value. */
export function unanswerable(draft: Draft): readonly DraftField[] {
  const hasPlacement = draft.subnetGroup !== undefined || (draft.subnetIds ?? []).length >= 2;
  return [
    ...(draft.engine === undefined ? ['engine' as const] : []),
    ...(hasPlacement ? [] : ['subnetIds' as const]),
  ];
}

const proposable = ['name', 'version', 'instanceClass', 'storageGb', 'isPublic'] as const;

/** The fields that are asked for with a proposal. */
export function unsaid(draft: Draft): readonly DraftField[] {
  return proposable.filter((field) => draft[field] === undefined);
}

/** Proposes a name, the same one whenever the same thread is read: `<engine>-<environment>-<4 hex digits>`. */
export function proposeName(engine: string, environment: string, seed: string): string {
  const digest = createHash('sha256').update(seed).digest('hex').slice(0, 4);
  return `${engine}-${environment}-${digest}`;
}

/** Fills what was not said. */
export function completeDraft(
  draft: Draft,
  engine: string,
  place: { environment: string; seed: string },
): CompleteDraft {
  const sizing = sizingFor(place.environment);
  return {
    ...draft,
    engine,
    name: draft.name ?? proposeName(engine, place.environment, place.seed),
    version: draft.version ?? newestVersions[engine] ?? '',
    instanceClass: draft.instanceClass ?? sizing.instanceClass,
    storageGb: draft.storageGb ?? sizing.storageGb,
    username: draft.username ?? defaultUsername,
    isPublic: draft.isPublic ?? false,
    isMultiAz: draft.isMultiAz ?? sizing.isMultiAz,
    isEncrypted: draft.isEncrypted ?? true,
  };
}

/** Writes the spec in the platform’s names. There is no password in it: it is made where the call leaves. */
export function toSpec(draft: CompleteDraft): Readonly<Record<string, unknown>> {
  const spec = {
    engine: draft.engine,
    engine_version: draft.version,
    instance_class: draft.instanceClass,
    allocated_storage_gb: draft.storageGb,
    username: draft.username,
    subnet_ids: draft.subnetIds,
    db_subnet_group_name: draft.subnetGroup,
    security_group_ids: draft.securityGroupIds,
    port: draft.port,
    publicly_accessible: draft.isPublic,
    multi_az: draft.isMultiAz,
    storage_encrypted: draft.isEncrypted,
    kms_key_id: draft.kmsKeyId,
    parameter_group_name: draft.parameterGroup,
    option_group_name: draft.optionGroup,
  };
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined));
}

const fieldNames: Readonly<Record<string, DraftField>> = {
  org_id: 'organization',
  env_name: 'environment',
  resource_name: 'name',
  engine: 'engine',
  engine_version: 'version',
  instance_class: 'instanceClass',
  allocated_storage_gb: 'storageGb',
  username: 'username',
  subnet_ids: 'subnetIds',
  db_subnet_group_name: 'subnetGroup',
  security_group_ids: 'securityGroupIds',
  port: 'port',
  publicly_accessible: 'isPublic',
  multi_az: 'isMultiAz',
  storage_encrypted: 'isEncrypted',
  kms_key_id: 'kmsKeyId',
  parameter_group_name: 'parameterGroup',
  option_group_name: 'optionGroup',
};

/** Finds the field that the path of an issue means, e.g. `spec.subnet_ids[0]`. */
export function toDraftField(path: string): DraftField | undefined {
  const names = path.split(/[^A-Za-z_]+/);
  return names.map((name) => fieldNames[name]).find((field) => field !== undefined);
}
