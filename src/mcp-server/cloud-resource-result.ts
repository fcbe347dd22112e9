/** A resource as a tool gives it. */
import type { CloudResource } from '../contracts/cloud-resource-tools.js';
import type { ResourceView } from '../platform/resource-view.js';
import type { ToolContext } from './define-tool.js';

/** Adds the address of the sealed fields, while the caller can still fetch them. */
export function toCloudResource(
  view: ResourceView,
  { credentialsUrl }: Pick<ToolContext, 'credentialsUrl'>,
): CloudResource {
  const { resource, hasCredentials } = view;
  if (!hasCredentials || credentialsUrl === undefined) return resource;
  return { ...resource, credentials_url: credentialsUrl(resource.id) };
}
