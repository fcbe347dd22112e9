/** Tool `get_cloud_resource_by_id`. */
import { defineTool, reading } from '../define-tool.js';
import { toCloudResource } from '../cloud-resource-result.js';

/** Reads one resource. */
export const getCloudResourceById = defineTool({
  name: 'get_cloud_resource_by_id',
  title: 'Get a resource',
  description:
    'Reads one resource with its spec and its state now: pending, creating, available or failed. ' +
    'Call it again to see whether a resource that was just created is ready.',
  annotations: reading,
  handle: async (input, context) =>
    toCloudResource(await context.platform.getResource(context.caller, input), context),
});
