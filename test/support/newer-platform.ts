/**
 * A stand-in for a platform of the newer generation, over Streamable HTTP: other names, kinds and schemas as resources,
 * one tool that creates or changes, results grouped by environment and kind, failures as sentences with `isError`.
 */
import { toNodeHandler } from '@modelcontextprotocol/node';
import type { CallToolResult } from '@modelcontextprotocol/server';
import { McpServer, ResourceTemplate, createMcpHandler } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { startLoopbackListener } from '../../src/testing/loopback-listener.js';
import type { KeptResource, StandInCall, StandInPlatform } from './stand-in-platform.js';
import { findSpecFault, rdsFields, subjectOf, take } from './stand-in-platform.js';

type Args = Readonly<Record<string, unknown>>;

const catalog = {
  schema_uri_template: 'cloud-resource-schema://{kind}',
  total_kinds: 3,
  providers: {
    aws: { api_version: 'aws.openmcf.org/v1', kinds: ['AwsRdsInstance', 'AwsS3Bucket'] },
    gcp: { api_version: 'gcp.openmcf.org/v1', kinds: ['GcpGkeCluster'] },
  },
};

const schemas = {
  list_organizations: z.object({}),
  list_environments: z.object({ org: z.string() }),
  list_cloud_resources: z.object({
    org: z.string(),
    envs: z.array(z.string()).optional(),
    kinds: z.array(z.string()).optional(),
    search_text: z.string().optional(),
  }),
  get_cloud_resource: z.object({
    id: z.string().optional(),
    kind: z.string().optional(),
    slug: z.string().optional(),
  }),
  apply_cloud_resource: z.object({ cloud_object: z.record(z.string(), z.unknown()) }),
} as const;

class Sentence extends Error {}

/** Starts it on a free port of loopback. */
export async function startNewerPlatform(): Promise<StandInPlatform> {
  const calls: StandInCall[] = [];
  const resources: KeptResource[] = [];
  const told = new Map<string, string>();
  const failures = new Map<string, string>();
  let hidden: readonly string[] = [];

  const answers: Readonly<Record<keyof typeof schemas, (args: Args) => unknown>> = {
    list_organizations: () => ({ entries: [{ metadata: { id: 'org-1', name: 'Acme', slug: 'acme' } }] }),
    list_environments: () => ({
      entries: ['dev', 'prod'].map((slug) => ({ metadata: { id: `env-${slug}`, name: slug, slug } })),
    }),
    list_cloud_resources: (args) => list(resources, args),
    get_cloud_resource: ({ id }) => {
      const found = resources.find((kept) => kept.id === id);
      if (found === undefined)
        throw new Sentence(`cloud resource "${String(id)}" not found. Verify the identifiers are correct.`);
      return toProto(found);
    },
    apply_cloud_resource: ({ cloud_object }) => apply(resources, cloud_object as Args), // as its schema says
  };

  const answer = (tool: keyof typeof schemas, args: Args): CallToolResult => {
    try {
      const failure = take(failures, tool);
      if (failure !== undefined) throw new Sentence(failure);
      const answered = JSON.stringify(answers[tool](args));
      return { content: [{ type: 'text', text: take(told, tool) ?? answered }] };
    } catch (error) {
      if (!(error instanceof Sentence)) throw error;
      return { isError: true, content: [{ type: 'text', text: error.message }] };
    }
  };
  const serve = (authorization: string | undefined): McpServer => {
    const server = new McpServer({ name: 'newer-stand-in', version: '2.0.0' });
    for (const [name, inputSchema] of Object.entries(schemas)) {
      if (hidden.includes(name)) continue;
      server.registerTool(name, { description: name, inputSchema }, (args: Args) => {
        calls.push({ tool: name, args, subject: subjectOf(authorization) });
        return answer(name as keyof typeof schemas, args); // a key of the same object
      });
    }
    registerResources(server);
    return server;
  };
  const handler = createMcpHandler(({ requestInfo }) =>
    serve(requestInfo?.headers.get('authorization') ?? undefined),
  );
  const nodeHandler = toNodeHandler({ fetch: (request) => handler.fetch(request) });
  const listener = await startLoopbackListener((request, response) => void nodeHandler(request, response));
  const url = `${listener.origin}/mcp`;
  return {
    entry: { type: 'http', url, auth: { mode: 'forward' } },
    url,
    calls,
    resources,
    hide: (...tools) => void (hidden = tools),
    fail: (tool, words) => void failures.set(tool, words),
    tell: (tool, text) => void told.set(tool, text),
    close: async () => {
      await listener.stop();
      await handler.close();
    },
  };
}

function registerResources(server: McpServer): void {
  const toContents = (uri: URL, value: unknown) => ({
    contents: [{ uri: uri.href, mimeType: 'application/json', text: JSON.stringify(value) }],
  });
  server.registerResource('kinds', 'cloud-resource-kinds://catalog', {}, (uri) => toContents(uri, catalog));
  server.registerResource(
    'schema',
    new ResourceTemplate('cloud-resource-schema://{kind}', { list: undefined }),
    {},
    (uri, { kind }) => toContents(uri, toSchema(String(kind))),
  );
}

function toSchema(kind: string): object {
  const properties = Object.entries(rdsFields).map(([name, type]) => {
    const plain = {
      type: type.startsWith('int') ? 'integer' : type.startsWith('bool') ? 'boolean' : 'string',
    };
    return [name, type.endsWith('[]') ? { type: 'array', items: plain } : plain];
  });
  return {
    type: 'object',
    properties: {
      kind: { const: kind },
      spec: {
        type: 'object',
        properties: Object.fromEntries(properties) as object,
        required: [
          'engine',
          'engine_version',
          'instance_class',
          'allocated_storage_gb',
          'username',
          'password',
        ],
      },
    },
  };
}

function requireKind(kind: unknown): string {
  const known = Object.values(catalog.providers).flatMap(({ kinds }) => kinds);
  if (typeof kind === 'string' && known.includes(kind)) return kind;
  throw new Sentence(
    `unsupported cloud resource kind ${JSON.stringify(kind)} — read cloud-resource-kinds://catalog`,
  );
}

function list(resources: readonly KeptResource[], args: Args): unknown {
  const kinds = listOf(args['kinds']).map(requireKind);
  const envs = listOf(args['envs']);
  const found = resources.filter(
    ({ kind, env, name }) =>
      (kinds.length === 0 || kinds.includes(kind)) &&
      (envs.length === 0 || envs.includes(env)) &&
      name.includes(textOf(args['search_text'])),
  );
  const groups = [...new Set(found.map(({ env }) => env))].map((env) => {
    const entries = found.filter((kept) => kept.env === env);
    const byKind = [...new Set(entries.map(({ kind }) => kind))].map((kind) => [
      kind,
      { entries: entries.filter((kept) => kept.kind === kind).map(toRecord) },
    ]);
    return { envSlug: env, resourceKindMapping: Object.fromEntries(byKind) as object };
  });
  return groups.length === 0 ? {} : { canvasEnvironments: groups };
}

function toRecord({ id, name, org }: KeptResource): object {
  return { id, name, slug: name, org, kind: 'cloud_resource' };
}

const cloudObject = z.object({
  api_version: z.literal('aws.openmcf.org/v1'),
  kind: z.string(),
  metadata: z.object({
    name: z.string(),
    org: z.string(),
    env: z.string(),
    tags: z.array(z.string()).optional(),
  }),
  spec: z.record(z.string(), z.unknown()),
});

/** Creates, or puts the new spec in the place of the old one and says nothing of it. */
function apply(resources: KeptResource[], value: Args): unknown {
  const parsed = cloudObject.safeParse(value);
  if (!parsed.success) throw new Sentence('cloud_object validation failed: bad header');
  const { kind, metadata, spec } = parsed.data;
  requireKind(kind);
  const fault = findSpecFault(spec);
  if (fault !== undefined) throw new Sentence(`cloud_object validation failed: invalid spec: ${fault}`);
  const index = resources.findIndex(
    (kept) => kept.kind === kind && kept.env === metadata.env && kept.name === metadata.name,
  );
  const id = resources[index]?.id ?? `rds-${String(resources.length + 1)}`;
  const kept = { id, kind, ...metadata, spec };
  if (index >= 0) resources[index] = kept;
  else resources.push(kept);
  return toProto(kept);
}

function toProto({ id, kind, org, env, name, spec, tags }: KeptResource): unknown {
  const metadata = { id, name, slug: name, org, env, ...(tags === undefined ? {} : { tags }) };
  const own = { apiVersion: 'aws.openmcf.org/v1', kind, metadata: { name, org, env }, spec };
  return {
    apiVersion: 'infra-hub.planton.ai/v1',
    kind: 'CloudResource',
    metadata,
    spec: { kind, cloudObject: own },
    status: { state: 'creating' },
  };
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
