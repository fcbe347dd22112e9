/** Tool `list_cloud_resource_kinds`. */
import { defineTool, reading } from '../define-tool.js';

/** Lists the kinds of resources. */
export const listCloudResourceKinds = defineTool({
  name: 'list_cloud_resource_kinds',
  title: 'List resource kinds',
  description:
    'Lists every kind of resource that can be created: kind, provider, description. The order is always the same.',
  annotations: reading,
  handle: (input, { platform, caller }) => platform.listResourceKinds(caller, input),
});
