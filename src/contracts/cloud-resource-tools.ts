/**
 * The platform's seven MCP tools as both sides of the wire know them: names, argument schemas, error codes.
 * Names and arguments are generation 1 of the platform's contract; results set `isError`.
 */
import { z } from 'zod';

const orgId = z.string().min(1).max(63).describe('Organization: id or slug, e.g. "acme".');
const envName = z.string().min(1).max(63).describe('Environment slug inside the organization, e.g. "dev".');
const kind = z
  .string()
  .min(1)
  .max(100)
  .describe(
    'Resource kind, e.g. "AwsRdsInstance"; snake_case, hyphens and spaces are accepted. ' +
      'list_cloud_resource_kinds names them all.',
  );

/** Lower-case letters, digits and hyphens; begins with a letter; ends with a letter or digit; at most 63. */
export const resourceNamePattern = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Makes the spellings of a kind equal: `aws_rds_instance`, `AWS RDS Instance` and `AwsRdsInstance`. */
export function toKindKey(kind: string): string {
  return kind.toLowerCase().replaceAll(/[\s_-]/g, '');
}

/** Argument schemas by tool name. */
export const cloudResourceTools = {
  list_organizations: z.object({}),
  list_environments_for_org: z.object({ org_id: orgId }),
  list_cloud_resource_kinds: z.object({}),
  get_cloud_resource_schema: z.object({ cloud_resource_kind: kind }),
  create_cloud_resource: z.object({
    cloud_resource_kind: kind,
    org_id: orgId,
    env_name: envName,
    resource_name: z
      .string()
      .min(1)
      .max(63)
      .describe(
        'Name, unique for its kind in the environment: a-z, 0-9 and "-", begins with a letter, 1 to 63 long.',
      ),
    spec: z
      .record(z.string(), z.unknown())
      .describe('The fields that get_cloud_resource_schema names for this kind, without write-only fields.'),
    description: z
      .string()
      .max(1000)
      .optional()
      .describe('What the resource is for, at most 1000 characters.'),
    tags: z
      .array(z.string().min(1).max(100))
      .max(50)
      .optional()
      .describe('At most 50 tags of 1 to 100 characters.'),
  }),
  get_cloud_resource_by_id: z.object({
    resource_id: z
      .string()
      .min(1)
      .max(100)
      .describe('The id that create_cloud_resource or search_cloud_resources gave.'),
  }),
  search_cloud_resources: z.object({
    org_id: orgId,
    env_names: z.array(envName).max(50).optional().describe('Only these environments.'),
    cloud_resource_kinds: z.array(kind).max(50).optional().describe('Only these kinds.'),
    search_text: z.string().max(200).optional().describe('Part of a name, case ignored.'),
  }),
} as const;

/** A tool's name on the wire. */
export type CloudResourceToolName = keyof typeof cloudResourceTools;

/** The arguments of one tool. */
export type CloudResourceToolInput<Name extends CloudResourceToolName> = z.output<
  (typeof cloudResourceTools)[Name]
>;

/** The codes in the `error` member of a failed tool result. */
export const toolErrorCodes = [
  'INVALID_ARGUMENT',
  'INVALID_CLOUD_RESOURCE_KIND',
  'INVALID_SPEC_DATA',
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'UNAVAILABLE',
  'INTERNAL_ERROR',
] as const;

/** One code of {@link toolErrorCodes}. */
export type ToolErrorCode = (typeof toolErrorCodes)[number];

/** The JSON text of a failed tool result (`isError: true`). */
export const toolErrorBody = z.object({
  error: z.string(),
  message: z.string(),
  issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  hint: z.string().optional(),
});

/** A parsed {@link toolErrorBody}. */
export type ToolErrorBody = z.output<typeof toolErrorBody>;

/** The states of a resource, in the order it passes through them; it ends in one of the last two. */
export const resourceStates = ['pending', 'creating', 'available', 'failed'] as const;

/** One state of {@link resourceStates}. */
export type ResourceState = (typeof resourceStates)[number];

/** A resource as create, get and search return it; write-only fields are never in `spec`. */
export const cloudResource = z.object({
  id: z.string(),
  name: z.string(),
  cloud_resource_kind: z.string(),
  org: z.string(),
  env: z.string(),
  state: z.enum(resourceStates),
  state_message: z.string().optional(),
  created_by: z.string(),
  created_at: z.string().describe('RFC 3339, UTC.'),
  description: z.string().optional(),
  tags: z.array(z.string()).optional(),
  spec: z.record(z.string(), z.unknown()).optional().describe('Left out of search results.'),
  credentials_url: z
    .string()
    .optional()
    .describe('POST here once, with the creator’s own token, to read the sealed write-only fields.'),
});

/** A parsed {@link cloudResource}. */
export type CloudResource = z.output<typeof cloudResource>;
