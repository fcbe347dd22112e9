/**
 * The newer generation of the platform’s tools: other names, kinds and schemas as resources, results grouped by
 * environment and kind, failures as sentences, and one tool that creates or changes.
 */
import { z } from 'zod';
import { cloudResourceTools } from '../../contracts/cloud-resource-tools.js';
import type { ServerOffer, ToolTranslation, TranslatedServer } from '../wrapper-definition.js';
import { keepAskedFor } from './found-resources.js';
import type { NewerKind } from './newer-kinds.js';
import { readKinds, readSchema, requireKind } from './newer-kinds.js';
import { withSentences } from './newer-failures.js';
import { requireUnusedName, toFoundList } from './newer-search.js';
import { parseAnswer, requireList, toPlace, toWholeResource, withoutEmpty } from './platform-answer.js';

/** Its name in approvals and logs. */
export const newerGeneration = 'newer';

type Members = Readonly<Record<string, unknown>>;

/** Every server of this generation lists resources so; who may create nothing is offered it too. */
const anchor = 'list_cloud_resources';

function isSpoken(offer: ServerOffer): boolean {
  return offer.has(anchor);
}

function defineNewer(newer: Omit<ToolTranslation, 'generation' | 'isSpoken'>): ToolTranslation {
  return { generation: newerGeneration, isSpoken, ...newer };
}

async function ask(server: TranslatedServer, args: Members): Promise<unknown> {
  return parseAnswer(await withSentences(false, () => server.call(() => ({ ...args }))));
}

/** Lists the organizations. */
export const newerListOrganizations = defineNewer({
  tool: 'list_organizations',
  sends: z.object({}),
  run: async (_args, server) => JSON.stringify(requireList(await ask(server, {})).map(toPlace)),
});

/** Lists the environments. */
export const newerListEnvironments = defineNewer({
  tool: 'list_environments',
  sends: z.object({ org: z.string() }),
  run: async (args, server) => {
    const { org_id } = cloudResourceTools.list_environments_for_org.parse(args);
    return JSON.stringify(requireList(await ask(server, { org: org_id })).map(toPlace));
  },
});

/** Lists the kinds, from a resource. */
export const newerListKinds = defineNewer({
  tool: anchor,
  run: async (_args, server) =>
    JSON.stringify((await readKinds(server)).map(({ kind, provider }) => ({ kind, provider }))),
});

/** Gives a kind’s schema, from a resource. */
export const newerGetSchema = defineNewer({
  tool: anchor,
  run: async (args, server) => {
    const { cloud_resource_kind } = cloudResourceTools.get_cloud_resource_schema.parse(args);
    const { kind } = await requireKind(cloud_resource_kind, 'cloud_resource_kind', server);
    return JSON.stringify({ kind, schema: await readSchema(kind, server) });
  },
});

/** Reads a resource. */
export const newerGetResource = defineNewer({
  tool: 'get_cloud_resource',
  sends: z.object({ id: z.string() }),
  run: async (args, server) => {
    const { resource_id } = cloudResourceTools.get_cloud_resource_by_id.parse(args);
    return JSON.stringify(toWholeResource(await ask(server, { id: resource_id })));
  },
});

/** Searches; a kind that does not exist is refused. */
export const newerSearch = defineNewer({
  tool: anchor,
  sends: z.object({
    org: z.string(),
    envs: z.array(z.string()).optional(),
    kinds: z.array(z.string()).optional(),
    search_text: z.string().optional(),
  }),
  run: async (args, server) => {
    const search = cloudResourceTools.search_cloud_resources.parse(args);
    const { org_id: org, env_names: envs, cloud_resource_kinds: asked = [], search_text } = search;
    const kinds: string[] = [];
    for (const [index, kind] of asked.entries())
      kinds.push((await requireKind(kind, `cloud_resource_kinds.${String(index)}`, server)).kind);
    const filter = { org, envs, kinds: kinds.length === 0 ? undefined : kinds, search_text };
    return JSON.stringify(keepAskedFor(toFoundList(await ask(server, withoutEmpty(filter))), search));
  },
});

const cloudObject = z.object({
  api_version: z.string(),
  kind: z.string(),
  metadata: z.object({
    name: z.string(),
    org: z.string(),
    env: z.string(),
    tags: z.array(z.string()).optional(),
  }),
  spec: z.record(z.string(), z.unknown()),
});

/**
 * Creates a resource. The tool would change one of that name, so it is not called while there is one: the name is looked
 * up right before.
 *
 * @param toSpec gives the spec with every default that the present platform takes and this one does not.
 */
export function newerCreate(toSpec: (spec: Members) => Members): ToolTranslation {
  return defineNewer({
    tool: 'apply_cloud_resource',
    sends: z.object({ cloud_object: cloudObject }),
    run: async (args, server) => {
      const create = cloudResourceTools.create_cloud_resource.parse(args);
      const kind = await requireKind(create.cloud_resource_kind, 'cloud_resource_kind', server);
      await requireUnusedName({ ...create, kind: kind.kind }, server);
      const text = await withSentences(true, () =>
        server.call((given) => ({ cloud_object: toCloudObject(given, kind, toSpec) })),
      );
      return JSON.stringify(toWholeResource(parseAnswer(text, 'unknown-result'), 'unknown-result'));
    },
  });
}

function toCloudObject(
  args: Members,
  { kind, apiVersion }: NewerKind,
  toSpec: (spec: Members) => Members,
): z.output<typeof cloudObject> {
  const { resource_name, org_id, env_name, tags, spec } =
    cloudResourceTools.create_cloud_resource.parse(args);
  const metadata = { name: resource_name.toLowerCase(), org: org_id, env: env_name };
  return {
    api_version: apiVersion,
    kind,
    metadata: tags === undefined ? metadata : { ...metadata, tags },
    spec: { ...toSpec(spec) },
  };
}
