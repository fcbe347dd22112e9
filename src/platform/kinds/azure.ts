/** Kinds of Microsoft Azure. */
import { z } from 'zod';
import { defineKind } from './define-kind.js';

const resourceGroup = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,90}$/, 'A resource group has 1 to 90 letters, digits, "_" or "-".')
  .describe('Resource group that owns it.')
  .meta({ examples: ['rg-data-dev'] });

const location = z
  .string()
  .regex(/^[a-z]+\d?$/, 'A location looks like "westeurope".')
  .describe('Region.')
  .meta({ examples: ['westeurope'] });

const postgresSpec = z.strictObject({
  resource_group: resourceGroup,
  location,
  version: z.enum(['14', '15', '16', '17']).describe('PostgreSQL major version.'),
  sku_name: z
    .string()
    .regex(
      /^(?:B|GP|MO)_Standard_[A-Za-z0-9_]+$/,
      'A SKU begins with "B_", "GP_" or "MO_", e.g. "GP_Standard_D2s_v3".',
    )
    .describe('Size of the machine.')
    .meta({ examples: ['GP_Standard_D2s_v3'] }),
  storage_mb: z
    .int()
    .min(32768, 'At least 32768 MB; raise it.')
    .max(33553408, 'At most 33553408 MB; lower it.')
    .multipleOf(1024, 'Whole GB only: a multiple of 1024.')
    .describe('Storage in MB, 32768 to 33553408.'),
  administrator_login: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,62}$/, 'A login begins with a letter and has 1 to 63 of a-z, 0-9 and "_".')
    .describe('Name of the administrator.'),
  administrator_password: z
    .string()
    .min(8, 'At least 8 characters.')
    .max(128, 'At most 128 characters.')
    .describe('Password of the administrator.')
    .meta({ writeOnly: true, format: 'password' }),
  zone_redundant: z.boolean().optional().describe('A standby in a second zone: about twice the price.'),
});

const storageSpec = z.strictObject({
  resource_group: resourceGroup,
  location,
  account_tier: z
    .enum(['Standard', 'Premium'])
    .describe('Disks behind the account; it cannot be changed later.'),
  replication: z.enum(['LRS', 'ZRS', 'GRS', 'RAGRS', 'GZRS']).describe('Where copies are kept.'),
  https_only: z.boolean().optional().describe('Refuses plain HTTP; true when left out.'),
  public_blobs: z.boolean().optional().describe('Allows public containers; false when left out.'),
});

/** The kinds of this provider. */
export const azureKinds = [
  defineKind({
    kind: 'AzurePostgresServer',
    provider: 'azure',
    description: 'A managed server of Azure Database for PostgreSQL.',
    spec: postgresSpec,
    secretFields: ['administrator_password'],
  }),
  defineKind({
    kind: 'AzureStorageAccount',
    provider: 'azure',
    description: 'A storage account of Azure for blobs, files and queues.',
    spec: storageSpec,
  }),
];
