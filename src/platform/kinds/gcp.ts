/** Kinds of Google Cloud. */
import { z } from 'zod';
import { defineKind } from './define-kind.js';

const project = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
    'A project id has 6 to 30 of a-z, 0-9 and "-", and begins with a letter.',
  )
  .describe('Project that owns the resource.')
  .meta({ examples: ['acme-data-dev'] });

const cloudSqlSpec = z.strictObject({
  project_id: project,
  region: z
    .string()
    .regex(/^[a-z]+-[a-z]+\d$/, 'A region looks like "europe-west3".')
    .describe('Region of the instance.')
    .meta({ examples: ['europe-west3'] }),
  database_version: z
    .enum(['POSTGRES_15', 'POSTGRES_16', 'POSTGRES_17', 'MYSQL_8_0', 'MYSQL_8_4'])
    .describe('Engine and version.'),
  tier: z
    .string()
    .regex(/^db-[a-z0-9-]+$/, 'A tier begins with "db-", e.g. "db-custom-2-7680".')
    .describe('Size of the machine.')
    .meta({ examples: ['db-custom-2-7680'] }),
  storage_gb: z
    .int()
    .min(10, 'At least 10 GB; raise it.')
    .max(65536, 'At most 65536 GB; lower it.')
    .describe('Storage in GB, 10 to 65536; it never shrinks.'),
  high_availability: z.boolean().optional().describe('A standby in a second zone: about twice the price.'),
  root_password: z
    .string()
    .min(8, 'At least 8 characters.')
    .max(128, 'At most 128 characters.')
    .describe('Password of the root user.')
    .meta({ writeOnly: true, format: 'password' }),
});

const bucketSpec = z.strictObject({
  project_id: project,
  location: z
    .string()
    .regex(/^[A-Z]{2,4}$|^[a-z]+-[a-z]+\d$/, 'A location looks like "EU" or "europe-west3".')
    .describe('Place of the data; it cannot be changed later.')
    .meta({ examples: ['EU'] }),
  storage_class: z
    .enum(['STANDARD', 'NEARLINE', 'COLDLINE', 'ARCHIVE'])
    .optional()
    .describe('Price of keeping against price of reading; STANDARD when left out.'),
  uniform_access: z.boolean().optional().describe('Access by IAM alone; true when left out.'),
  retention_days: z
    .int()
    .min(1, 'At least 1 day; raise it.')
    .max(36500, 'At most 36500 days; lower it.')
    .optional()
    .describe('Refuses deletion before so many days.'),
});

/** The kinds of this provider. */
export const gcpKinds = [
  defineKind({
    kind: 'GcpCloudSql',
    provider: 'gcp',
    description: 'A managed relational database instance of Google Cloud SQL.',
    spec: cloudSqlSpec,
    secretFields: ['root_password'],
  }),
  defineKind({
    kind: 'GcpGcsBucket',
    provider: 'gcp',
    description: 'An object storage bucket of Google Cloud Storage.',
    spec: bucketSpec,
  }),
];
