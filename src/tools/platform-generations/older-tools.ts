/**
 * The older generation of the platform’s tools: the names of the present one, failures as ordinary texts, kinds in any
 * order, a `description` that is written into the spec, and filters of unknown kinds that are dropped without a word.
 */
import type { z } from 'zod';
import type { CloudResourceToolName } from '../../contracts/cloud-resource-tools.js';
import { cloudResourceTools, toKindKey } from '../../contracts/cloud-resource-tools.js';
import type { ServerOffer, ToolTranslation, TranslatedServer } from '../wrapper-definition.js';
import { keepAskedFor, unknownKind } from './found-resources.js';
import { requireNoFailure } from './older-failures.js';
import { toPresentSchema } from './older-schema.js';
import {
  requireList,
  memberOf,
  membersOf,
  parseAnswer,
  textOf,
  toFoundResource,
  toPlace,
  toWholeResource,
  withoutEmpty,
} from './platform-answer.js';

/** Its name in approvals and logs. */
export const olderGeneration = 'older';

type Spec = Readonly<Record<string, unknown>>;

const argumentsOfIts: readonly (readonly [tool: CloudResourceToolName, argument: string])[] = [
  ['search_cloud_resources', 'org_id'],
  ['list_environments_for_org', 'org_id'],
  ['get_cloud_resource_schema', 'cloud_resource_kind'],
  ['create_cloud_resource', 'org_id'],
];

/** Its names are those of the present generation, which alone declares how long a text may be. */
function isSpoken(offer: ServerOffer): boolean {
  return argumentsOfIts.some(([tool, argument]) => {
    const schema = memberOf(offer.schema(tool)?.properties, argument);
    return schema !== undefined && !('maxLength' in membersOf(schema));
  });
}

interface OlderTool {
  readonly tool: CloudResourceToolName;
  readonly sends?: z.ZodObject;
  readonly run: ToolTranslation['run'];
}

function defineOlder({ tool, sends = cloudResourceTools[tool], run }: OlderTool): ToolTranslation {
  return { generation: olderGeneration, tool, isSpoken, sends, run };
}

async function ask(server: TranslatedServer, args: Spec): Promise<unknown> {
  const answer = parseAnswer(await server.call(() => ({ ...args })));
  requireNoFailure(answer, false);
  return answer;
}

/** Lists the organizations. */
export const olderListOrganizations = defineOlder({
  tool: 'list_organizations',
  run: async (args, server) => JSON.stringify(requireList(await ask(server, args)).map(toPlace)),
});

/** Lists the environments. */
export const olderListEnvironments = defineOlder({
  tool: 'list_environments_for_org',
  run: async (args, server) => JSON.stringify(requireList(await ask(server, args)).map(toPlace)),
});

/** Lists the kinds, always in the same order. */
export const olderListKinds = defineOlder({
  tool: 'list_cloud_resource_kinds',
  run: async (args, server) => JSON.stringify(toKinds(await ask(server, args))),
});

/** Gives a kind’s schema, as a JSON Schema. */
export const olderGetSchema = defineOlder({
  tool: 'get_cloud_resource_schema',
  run: async (args, server) => JSON.stringify(toPresentSchema(await ask(server, args))),
});

/** Reads a resource. */
export const olderGetResource = defineOlder({
  tool: 'get_cloud_resource_by_id',
  run: async (args, server) => JSON.stringify(toWholeResource(await ask(server, args))),
});

/** Searches, once each kind of the filter is known to exist. */
export const olderSearch = defineOlder({
  tool: 'search_cloud_resources',
  run: async (args, server) => {
    const search = cloudResourceTools.search_cloud_resources.parse(args);
    await requireKnownKinds(search.cloud_resource_kinds ?? [], server);
    const found = requireList(await ask(server, search)).map((resource) => toFoundResource(resource));
    return JSON.stringify(keepAskedFor(found, search));
  },
});

/**
 * Creates a resource, without its description: no kind has such a field, and one that is written into the spec is
 * refused.
 *
 * @param toSpec gives the spec with every default that the present platform takes and this one does not.
 */
export function olderCreate(toSpec: (spec: Spec) => Spec): ToolTranslation {
  const sends = cloudResourceTools.create_cloud_resource.omit({ description: true });
  return defineOlder({
    tool: 'create_cloud_resource',
    sends,
    run: async (_args, server) => {
      const text = await server.call((given) => {
        const { spec, ...rest } = sends.parse(given);
        return { ...rest, spec: toSpec(spec) };
      });
      const answer = parseAnswer(text, 'unknown-result');
      requireNoFailure(answer, true);
      return JSON.stringify(toWholeResource(answer, 'unknown-result'));
    },
  });
}

async function requireKnownKinds(kinds: readonly string[], server: TranslatedServer): Promise<void> {
  if (kinds.length === 0) return;
  const answer = parseAnswer(await server.read('list_cloud_resource_kinds', {}));
  requireNoFailure(answer, false);
  const known = new Set(toKinds(answer).map(({ kind }) => toKindKey(String(kind))));
  for (const [index, kind] of kinds.entries())
    if (!known.has(toKindKey(kind))) throw unknownKind(kind, `cloud_resource_kinds.${String(index)}`);
}

function toKinds(answer: unknown): readonly Spec[] {
  const kinds = requireList(answer).flatMap((item) => {
    const kind = textOf(item, 'kind');
    if (kind === undefined) return [];
    return [
      {
        kind: toPascalCase(kind),
        provider: textOf(item, 'provider'),
        description: textOf(item, 'description'),
      },
    ];
  });
  return kinds.sort((one, other) => (one.kind < other.kind ? -1 : 1)).map(withoutEmpty);
}

function toPascalCase(kind: string): string {
  return kind.replaceAll(/(?:^|_)([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}
