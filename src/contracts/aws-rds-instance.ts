/** The spec of the kind `AwsRdsInstance`: fields, units, bounds, and the rule about where it is placed. */
import { z } from 'zod';

/** The kind's name on the wire. */
export const awsRdsInstanceKind = 'AwsRdsInstance';

/** Database engines that the kind accepts. */
export const rdsEngines = ['postgres', 'mysql', 'mariadb', 'oracle-se2', 'sqlserver-ex'] as const;

/** Fields that go in and never come out again: made where the call leaves, sealed by the platform. */
export const awsRdsInstanceSecretFields = ['password'] as const;

const subnetIds = z
  .array(
    z
      .string()
      .regex(/^subnet-[0-9a-z]{1,32}$/, 'A subnet id looks like "subnet-0a1b2c3d"; copy it from the VPC.'),
  )
  .max(20, 'At most 20 subnets; leave the others out.');

const fields = z.strictObject({
  engine: z
    .enum(rdsEngines)
    .describe('Database engine.')
    .meta({ examples: ['postgres'] }),
  engine_version: z
    .string()
    .regex(
      /^[0-9A-Za-z][0-9A-Za-z._-]{0,31}$/,
      'Give the engine version, e.g. "16.4": 1 to 32 letters, digits, ".", "_" or "-".',
    )
    .describe('Engine version, e.g. "16.4".')
    .meta({ examples: ['16.4'] }),
  instance_class: z
    .string()
    .regex(/^db\.[a-z0-9]+\.[a-z0-9]+$/, 'An instance class begins with "db.", e.g. "db.t3.small".')
    .describe('Size of the machine, begins with "db.", e.g. "db.t3.small".')
    .meta({ examples: ['db.t3.small', 'db.m5.large'] }),
  allocated_storage_gb: z
    .int()
    .min(20, 'At least 20 GB; raise it.')
    .max(65536, 'At most 65536 GB; lower it.')
    .describe('Storage in GB, 20 to 65536. It can grow later and never shrink.'),
  username: z
    .string()
    .regex(
      /^[A-Za-z][A-Za-z0-9_]{0,62}$/,
      'A user name begins with a letter and has 1 to 63 letters, digits or "_".',
    )
    .describe('Name of the master user.')
    .meta({ examples: ['app_admin'] }),
  password: z
    .string()
    .min(8, 'At least 8 characters.')
    .max(128, 'At most 128 characters.')
    .describe('Master password. Made when the call leaves; never write one yourself.')
    .meta({ writeOnly: true, format: 'password' }),
  subnet_ids: subnetIds
    .optional()
    .describe('At least two subnets in different availability zones; or give db_subnet_group_name instead.'),
  db_subnet_group_name: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('An existing DB subnet group, instead of subnet_ids.'),
  security_group_ids: z
    .array(z.string().regex(/^sg-[0-9a-z]{1,32}$/, 'A security group id looks like "sg-0a1b2c3d".'))
    .max(20)
    .optional()
    .describe('Security groups that may reach the instance.'),
  port: z
    .int()
    .min(0, 'A port is 0 to 65535; 0 takes the engine’s own.')
    .max(65535, 'A port is 0 to 65535.')
    .optional()
    .describe('TCP port; the engine’s own when left out.'),
  publicly_accessible: z
    .boolean()
    .optional()
    .describe('Whether the instance gets a public address; false when left out.'),
  multi_az: z
    .boolean()
    .optional()
    .describe('A standby in a second zone: about twice the price. False when left out.'),
  storage_encrypted: z
    .boolean()
    .optional()
    .describe('Encryption at rest; true when left out. It cannot be changed later.'),
  kms_key_id: z.string().min(1).max(2048).optional().describe('KMS key for encryption at rest.'),
  parameter_group_name: z.string().min(1).max(255).optional(),
  option_group_name: z.string().min(1).max(255).optional(),
});

const hasPlacement = (spec: {
  subnet_ids?: string[] | undefined;
  db_subnet_group_name?: string | undefined;
}): boolean => spec.db_subnet_group_name !== undefined || new Set(spec.subnet_ids).size >= 2;

const placementRule = {
  message: 'Give at least two different subnet_ids, or a db_subnet_group_name.',
  path: ['subnet_ids'],
  // Told together with the other faults, not in a second round: all that the rule reads is whether it can be read.
  when: ({ value }: { value: unknown }): boolean =>
    z.object({ subnet_ids: z.array(z.unknown()).optional() }).safeParse(value).success,
};

/** The whole spec, as the platform checks it. */
export const awsRdsInstanceSpec = fields.refine(hasPlacement, placementRule);

/** The spec as a person and a model see it: without the write-only fields. */
export const awsRdsInstanceDraft = fields.omit({ password: true }).refine(hasPlacement, placementRule);

/** A checked spec without its write-only fields. */
export type AwsRdsInstanceDraft = z.output<typeof awsRdsInstanceDraft>;
