/** Kinds of Amazon Web Services. */
import { z } from 'zod';
import {
  awsRdsInstanceKind,
  awsRdsInstanceSecretFields,
  awsRdsInstanceSpec,
} from '../../contracts/aws-rds-instance.js';
import { defineKind } from './define-kind.js';

const ipv4Block = z
  .string()
  .regex(
    /^(?:\d{1,3}\.){3}\d{1,3}\/(?:1[6-9]|2[0-8])$/,
    'An IPv4 block from /16 to /28, e.g. "10.0.0.0/16".',
  );

const vpcSpec = z.strictObject({
  cidr_block: ipv4Block
    .describe('Address range of the network, /16 to /28.')
    .meta({ examples: ['10.0.0.0/16'] }),
  availability_zones: z
    .array(z.string().regex(/^[a-z]{2}-[a-z]+-\d[a-z]$/, 'A zone looks like "eu-central-1a".'))
    .min(1, 'Name at least one zone.')
    .max(6, 'At most 6 zones; leave the others out.')
    .describe('Zones that get a subnet each.')
    .meta({ examples: [['eu-central-1a', 'eu-central-1b']] }),
  enable_dns_hostnames: z
    .boolean()
    .optional()
    .describe('Whether machines get DNS names; true when left out.'),
  nat_gateway: z
    .enum(['none', 'single', 'per-zone'])
    .optional()
    .describe('Way out for private subnets; costs by the hour.'),
});

const bucketSpec = z.strictObject({
  region: z
    .string()
    .regex(/^[a-z]{2}-[a-z]+-\d$/, 'A region looks like "eu-central-1".')
    .describe('Region of the bucket.')
    .meta({ examples: ['eu-central-1'] }),
  versioning: z
    .boolean()
    .optional()
    .describe('Keeps every version of an object; it can be suspended, never undone.'),
  block_public_access: z.boolean().optional().describe('Refuses public access; true when left out.'),
  encryption: z.enum(['sse-s3', 'sse-kms']).optional().describe('Encryption at rest; sse-s3 when left out.'),
  expire_after_days: z
    .int()
    .min(1, 'At least 1 day; raise it.')
    .max(3650, 'At most 3650 days; lower it.')
    .optional()
    .describe('Deletes objects after so many days, 1 to 3650.'),
});

/** The kinds of this provider. */
export const awsKinds = [
  defineKind({
    kind: awsRdsInstanceKind,
    provider: 'aws',
    description: 'A managed relational database instance of Amazon RDS.',
    spec: awsRdsInstanceSpec,
    secretFields: awsRdsInstanceSecretFields,
    rules: {
      anyOf: [
        {
          title: 'At least two different subnets',
          required: ['subnet_ids'],
          properties: { subnet_ids: { minItems: 2, uniqueItems: true } },
        },
        { title: 'Or an existing subnet group', required: ['db_subnet_group_name'] },
      ],
    },
  }),
  defineKind({
    kind: 'AwsS3Bucket',
    provider: 'aws',
    description: 'An object storage bucket of Amazon S3.',
    spec: bucketSpec,
  }),
  defineKind({
    kind: 'AwsVpc',
    provider: 'aws',
    description: 'A private network of Amazon VPC with a subnet in each zone.',
    spec: vpcSpec,
  }),
];
