/** Every tool that the server knows; a caller is offered those that the policies permit. */
import type { PlatformTool } from './define-tool.js';
import { createCloudResource } from './tools/create-cloud-resource.js';
import { getCloudResourceById } from './tools/get-cloud-resource-by-id.js';
import { getCloudResourceSchema } from './tools/get-cloud-resource-schema.js';
import { listCloudResourceKinds } from './tools/list-cloud-resource-kinds.js';
import { listEnvironmentsForOrg } from './tools/list-environments-for-org.js';
import { listOrganizations } from './tools/list-organizations.js';
import { searchCloudResources } from './tools/search-cloud-resources.js';

/** In the order in which they are listed, which never changes between two calls. */
export const toolCatalog: readonly PlatformTool[] = [
  listOrganizations,
  listEnvironmentsForOrg,
  listCloudResourceKinds,
  getCloudResourceSchema,
  createCloudResource,
  getCloudResourceById,
  searchCloudResources,
];
