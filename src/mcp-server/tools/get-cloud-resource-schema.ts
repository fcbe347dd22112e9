/** Tool `get_cloud_resource_schema`. */
import { defineTool, reading } from '../define-tool.js';

/** Gives the schema of a kind. */
export const getCloudResourceSchema = defineTool({
  name: 'get_cloud_resource_schema',
  title: 'Get the schema of a kind',
  description:
    'Gives the JSON Schema of the spec of one kind, with bounds, descriptions and examples. ' +
    'Call it before create_cloud_resource and keep to it. Fields marked writeOnly are never shown again.',
  annotations: reading,
  handle: (input, { platform, caller }) => platform.getResourceSchema(caller, input),
});
