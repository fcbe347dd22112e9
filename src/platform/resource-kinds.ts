/** The kinds of resources that the platform knows, and how a person's spelling finds one. */
import { InvalidArgumentError } from '../errors.js';
import { awsKinds } from './kinds/aws.js';
import { azureKinds } from './kinds/azure.js';
import { cloudflareKinds } from './kinds/cloudflare.js';
import type { ResourceKind } from './kinds/define-kind.js';
import { digitaloceanKinds } from './kinds/digitalocean.js';
import { gcpKinds } from './kinds/gcp.js';
import { kubernetesKinds } from './kinds/kubernetes.js';
import { nearest } from './nearest.js';

/** Every kind, by name; the order never changes between two calls. */
export const resourceKinds: readonly ResourceKind[] = [
  ...awsKinds,
  ...azureKinds,
  ...cloudflareKinds,
  ...digitaloceanKinds,
  ...gcpKinds,
  ...kubernetesKinds,
].sort((one, other) => (one.kind < other.kind ? -1 : 1));

/** Names of all fields that any kind takes and never gives back. */
export const secretFields: ReadonlySet<string> = new Set(resourceKinds.flatMap((kind) => kind.secretFields));

/**
 * Finds a kind by its name in PascalCase, snake_case, kebab-case or with spaces.
 *
 * @param path where the name stands in the arguments, for the error.
 * @throws {@link InvalidArgumentError} with the nearest name when there is no such kind.
 */
export function findKind(name: string, path: string): ResourceKind {
  const wanted = toKey(name);
  const found = resourceKinds.find(({ kind }) => toKey(kind) === wanted);
  if (found !== undefined) return found;
  const names = resourceKinds.map(({ kind }) => kind);
  const near = nearest(wanted, names, toKey);
  const next = near === undefined ? 'Choose one of list_cloud_resource_kinds.' : `Did you mean ${near}?`;
  throw new InvalidArgumentError([{ path, message: `There is no kind of that name. ${next}` }]);
}

function toKey(name: string): string {
  return name.toLowerCase().replace(/[\s_-]+/g, '');
}
