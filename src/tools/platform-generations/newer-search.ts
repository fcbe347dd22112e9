/** What the newer generation’s search answers: resources grouped by environment and kind. */
import type { CloudResourceToolInput } from '../../contracts/cloud-resource-tools.js';
import { OutcomeError } from '../../outcomes.js';
import type { TranslatedServer } from '../wrapper-definition.js';
import { withSentences } from './newer-failures.js';
import { memberOf, membersOf, parseAnswer, requireList, textOf, toFoundResource } from './platform-answer.js';

type Found = Readonly<Record<string, unknown>>;

/** Gives the resources of all groups in one list. @throws {@link OutcomeError} `contract` for an answer of another form. */
export function toFoundList(answer: unknown): readonly Found[] {
  const groups = memberOf(answer, 'canvas_environments');
  // An empty answer leaves its members out.
  if (groups === undefined && Object.keys(membersOf(answer)).length > 0)
    throw new OutcomeError({ outcome: 'contract' });
  return requireList(groups ?? []).flatMap((group) =>
    Object.entries(membersOf(memberOf(group, 'resource_kind_mapping'))).flatMap(([kind, records]) =>
      requireList(records).map((record) => toFound(record, kind, textOf(group, 'env_slug'))),
    ),
  );
}

function toFound(record: unknown, kind: string, env: string | undefined): Found {
  const found = { cloud_resource_kind: kind, ...toFoundResource(record, env) };
  // Without its name nobody could tell that it is taken.
  if (!('id' in found && 'name' in found)) throw new OutcomeError({ outcome: 'contract' });
  return found;
}

/** A resource that is about to be made; its kind as the platform spells it. */
export type WantedName = Pick<
  CloudResourceToolInput<'create_cloud_resource'>,
  'org_id' | 'env_name' | 'resource_name'
> & { readonly kind: string };

/**
 * Looks whether a name is free. All of the kind in the environment are read and compared, since nobody promises what a
 * search by text finds.
 *
 * @throws {@link OutcomeError} `conflict` when it is taken.
 */
export async function requireUnusedName(wanted: WantedName, server: TranslatedServer): Promise<void> {
  const { org_id: org, env_name: env, kind, resource_name } = wanted;
  const filter = { org, envs: [env], kinds: [kind] };
  const answer = parseAnswer(await withSentences(false, () => server.read('list_cloud_resources', filter)));
  const name = resource_name.toLowerCase();
  const taken = toFoundList(answer).find((found) => String(found.name).toLowerCase() === name);
  if (taken === undefined) return;
  throw new OutcomeError({
    outcome: 'conflict',
    message: `The name "${name}" is taken in ${env}: ${String(taken.id)} exists. Nothing was changed; choose another name.`,
  });
}
