/**
 * A stand-in for a platform of the older generation, over HTTP with server-sent events: the five names and a few more,
 * failures as ordinary texts, kinds in any order, a description that ends in the spec, unknown kinds dropped in a search.
 */
import { createSeededRandom } from './seeded-random.js';
import { startSseServer } from './sse-server.js';
import type { KeptResource, StandInCall, StandInPlatform } from './stand-in-platform.js';
import { findSpecFault, rdsFields, subjectOf, take } from './stand-in-platform.js';

type Args = Readonly<Record<string, unknown>>;

const kinds = {
  aws_rds_instance: 'AwsRdsInstance',
  aws_s3_bucket: 'AwsS3Bucket',
  gcp_gke_cluster: 'GcpGkeCluster',
} as const;

const text = { type: 'string', description: 'A text.' };
const texts = { type: 'array', items: { type: 'string' } };
const org = { org_id: text };

const toolSchemas: Readonly<
  Record<string, { readonly properties: object; readonly required: readonly string[] }>
> = {
  list_organizations: { properties: {}, required: [] },
  list_environments_for_org: { properties: org, required: ['org_id'] },
  list_cloud_resource_kinds: { properties: {}, required: [] },
  get_cloud_resource_schema: { properties: { cloud_resource_kind: text }, required: ['cloud_resource_kind'] },
  create_cloud_resource: {
    properties: {
      ...{ cloud_resource_kind: text, ...org, env_name: text, resource_name: text },
      ...{ description: text, tags: texts, spec: { type: 'object' } },
    },
    required: ['cloud_resource_kind', 'org_id', 'env_name', 'resource_name', 'spec'],
  },
  search_cloud_resources: {
    properties: { ...org, env_names: texts, cloud_resource_kinds: texts, search_text: text },
    required: ['org_id'],
  },
  get_cloud_resource_by_id: { properties: { resource_id: text }, required: ['resource_id'] },
};

/** Text of a failure, which comes as any other text. */
export function olderFailure(error: string, message: string, more: object = {}): string {
  return JSON.stringify({ error, message, ...more }, null, 2);
}

/** Starts it on a free port of loopback. */
export async function startOlderPlatform(): Promise<StandInPlatform> {
  const calls: StandInCall[] = [];
  const resources: KeptResource[] = [];
  const told = new Map<string, string>();
  const failures = new Map<string, string>();
  const random = createSeededRandom(7);
  let hidden: readonly string[] = [];

  const answers: Readonly<Record<string, (args: Args) => unknown>> = {
    list_organizations: () => [{ id: 'org-1', slug: 'acme', name: 'Acme' }],
    list_environments_for_org: () => ['dev', 'prod'].map((slug) => ({ id: `env-${slug}`, slug, name: slug })),
    list_cloud_resource_kinds: () =>
      random.sample(Object.keys(kinds), 3).map((kind) => ({
        kind,
        provider: kind.split('_')[0],
        description: kind,
      })),
    get_cloud_resource_schema: ({ cloud_resource_kind }) => toSchema(String(cloud_resource_kind)),
    search_cloud_resources: (args) => search(resources, args),
    get_cloud_resource_by_id: ({ resource_id }) => {
      const found = resources.find(({ id }) => id === resource_id);
      return found === undefined
        ? fail('NOT_FOUND', "Resource not found for organization ''.")
        : toProto(found);
    },
    create_cloud_resource: (args) => create(resources, args),
  };

  const server = await startSseServer({
    list: () =>
      Object.entries(toolSchemas)
        .filter(([name]) => !hidden.includes(name))
        .map(([name, schema]) => ({ name, description: name, inputSchema: { type: 'object', ...schema } })),
    call: (tool, args, authorization) => {
      calls.push({ tool, args, subject: subjectOf(authorization) });
      const failure = take(failures, tool);
      if (failure !== undefined) return failure;
      const answered = answer(() => answers[tool]?.(args) ?? fail('UNKNOWN_ERROR', 'no such tool'));
      return take(told, tool) ?? answered;
    },
  });
  return {
    entry: { type: 'sse', url: server.url, auth: { mode: 'forward' } },
    url: server.url,
    calls,
    resources,
    hide: (...tools) => void (hidden = tools),
    fail: (tool, words) => void failures.set(tool, words),
    tell: (tool, text) => void told.set(tool, text),
    close: server.close,
  };
}

function answer(run: () => unknown): string {
  try {
    return JSON.stringify(run(), null, 2);
  } catch (error) {
    if (error instanceof ToldFailure) return error.message;
    throw error;
  }
}

/** Its message is the text that is answered. */
class ToldFailure extends Error {}

function fail(error: string, message: string, more?: object): never {
  throw new ToldFailure(olderFailure(error, message, more));
}

function findKind(spelled: string): string | undefined {
  const key = spelled.toLowerCase().replaceAll(/[\s_-]/g, '');
  return Object.values(kinds).find((kind) => kind.toLowerCase() === key);
}

function unknownKind(input: string): never {
  fail('INVALID_CLOUD_RESOURCE_KIND', `unknown kind '${input}'. Did you mean 'aws_rds_instance'?`, {
    input,
    popular_kinds_by_category: { aws: ['aws_rds_instance'] },
    hint: 'Call list_cloud_resource_kinds.',
  });
}

function toSchema(spelled: string): unknown {
  const kind = findKind(spelled);
  if (kind === undefined) return unknownKind(spelled);
  const fields = Object.entries(rdsFields).map(([name, type]) => ({
    name,
    type: type.replace('[]', ''),
    required: true,
    ...(type.endsWith('[]') ? { is_repeated: true } : {}),
  }));
  return { kind, description: `${kind} represents one.`, fields };
}

function search(resources: readonly KeptResource[], args: Args): unknown {
  const asked = listOf(args['cloud_resource_kinds']);
  // What it does not know it drops; with none left it looks at all kinds.
  const known = asked.flatMap((kind) => findKind(kind) ?? []);
  const envs = listOf(args['env_names']);
  return resources
    .filter(({ kind }) => known.length === 0 || known.includes(kind))
    .filter(({ env }) => envs.length === 0 || envs.includes(env))
    .filter(({ name }) => name.includes(textOf(args['search_text'])))
    .map(({ id, name, kind, org: of, env }) => ({
      ...{ id, name, slug: name, kind: 'cloud_resource', cloud_resource_kind: kind, org: of, env },
    }));
}

function create(resources: KeptResource[], args: Args): unknown {
  const kind = findKind(String(args['cloud_resource_kind']));
  if (kind === undefined) return unknownKind(String(args['cloud_resource_kind']));
  const { description } = args;
  // Arguments of a call are JSON; the schema says that this one is an object.
  const given = args['spec'] as Args;
  const spec = description === undefined ? given : { ...given, description };
  const fault = findSpecFault(spec);
  if (fault !== undefined) return fail('INVALID_SPEC_DATA', `Failed to create ${kind} resource: ${fault}`);
  const [env, name] = [String(args['env_name']), String(args['resource_name']).toLowerCase()];
  if (resources.some((kept) => kept.kind === kind && kept.env === env && kept.name === name))
    return fail('AlreadyExists', `${kind} "${name}" already exists`);
  const id = `rds-${String(resources.length + 1)}`;
  const kept = { id, kind, org: String(args['org_id']), env, name, spec, tags: listOf(args['tags']) };
  resources.push(kept);
  return toProto(kept);
}

function toProto({ id, kind, org: of, env, name, spec, tags }: KeptResource): unknown {
  const metadata = { id, name, slug: name, org: of, env, ...(tags?.length ? { tags } : {}) };
  return { api_version: 'aws.project-planton.org/v1', kind, metadata, spec };
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
