/** The kinds of the newer generation, which it gives as resources. */
import { toKindKey } from '../../contracts/cloud-resource-tools.js';
import { OutcomeError } from '../../outcomes.js';
import type { TranslatedServer } from '../wrapper-definition.js';
import { unknownKind } from './found-resources.js';
import { isSecretName, listIn, memberOf, membersOf, parseAnswer, textOf } from './platform-answer.js';

/** A kind, and the version of its API that a resource of it names. */
export interface NewerKind {
  readonly kind: string;
  readonly provider: string;
  readonly apiVersion: string;
}

/** Reads the kinds, sorted. @throws {@link OutcomeError} `contract` for a catalog that names none. */
export async function readKinds(server: TranslatedServer): Promise<readonly NewerKind[]> {
  const catalog = parseAnswer(await server.resource('cloud-resource-kinds://catalog'));
  const providers = Object.entries(membersOf(memberOf(catalog, 'providers')));
  const kinds = providers.flatMap(([provider, entry]) =>
    listIn(memberOf(entry, 'kinds')).map((kind) => ({
      kind: String(kind),
      provider,
      apiVersion: textOf(entry, 'api_version') ?? '',
    })),
  );
  if (kinds.length === 0) throw new OutcomeError({ outcome: 'contract' });
  return kinds.sort((one, other) => (one.kind < other.kind ? -1 : 1));
}

/** Finds a kind in any spelling. @throws {@link OutcomeError} `invalid-argument` naming the argument at `path`. */
export async function requireKind(kind: string, path: string, server: TranslatedServer): Promise<NewerKind> {
  const known = (await readKinds(server)).find((candidate) => toKindKey(candidate.kind) === toKindKey(kind));
  if (known === undefined) throw unknownKind(kind, path);
  return known;
}

/** Reads the JSON Schema of a kind’s spec, the fields that keep secrets marked. */
export async function readSchema(kind: string, server: TranslatedServer): Promise<unknown> {
  const schema = parseAnswer(await server.resource(`cloud-resource-schema://${kind}`));
  return withSecretsMarked(memberOf(memberOf(schema, 'properties'), 'spec') ?? schema);
}

function withSecretsMarked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSecretsMarked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([keyword, member]) => [
      keyword,
      keyword === 'properties' ? markSecrets(member) : withSecretsMarked(member),
    ]),
  );
}

function markSecrets(properties: unknown): unknown {
  return Object.fromEntries(
    Object.entries(membersOf(properties)).map(([name, schema]) => [
      name,
      isSecretName(name) ? { ...membersOf(schema), writeOnly: true } : withSecretsMarked(schema),
    ]),
  );
}
