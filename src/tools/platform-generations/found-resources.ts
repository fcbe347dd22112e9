/** Searches of other generations, narrowed to what was asked for. */
import type { CloudResourceToolInput } from '../../contracts/cloud-resource-tools.js';
import { toKindKey } from '../../contracts/cloud-resource-tools.js';
import { OutcomeError } from '../../outcomes.js';

/** What was searched for. */
export type Search = CloudResourceToolInput<'search_cloud_resources'>;

type Found = Readonly<Record<string, unknown>>;

/** Keeps what is of the environments and kinds that were asked for: a filter that a platform drops must not widen a search. */
export function keepAskedFor(
  found: readonly Found[],
  { env_names, cloud_resource_kinds }: Search,
): readonly Found[] {
  const kinds = cloud_resource_kinds && new Set(cloud_resource_kinds.map(toKindKey));
  return found.filter(
    ({ env, cloud_resource_kind }) =>
      (kinds === undefined || kinds.size === 0 || kinds.has(toKindKey(String(cloud_resource_kind)))) &&
      (env_names === undefined || env_names.length === 0 || env_names.includes(String(env))),
  );
}

/** The error for a kind that a platform does not have; `path` names the argument. */
export function unknownKind(kind: string, path: string): OutcomeError {
  const message = `There is no kind ${JSON.stringify(kind)}; list_cloud_resource_kinds names them all.`;
  return new OutcomeError({ outcome: 'invalid-argument', issues: [{ path, message }] });
}
