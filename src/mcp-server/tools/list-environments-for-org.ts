/** Tool `list_environments_for_org`. */
import { defineTool, reading } from '../define-tool.js';

/** Lists an organization's environments. */
export const listEnvironmentsForOrg = defineTool({
  name: 'list_environments_for_org',
  title: 'List environments',
  description:
    'Lists the environments of an organization that the signed-in person may see: id, slug, name, description. ' +
    'The slug is what the other tools take as env_name.',
  annotations: reading,
  handle: (input, { platform, caller }) => platform.listEnvironments(caller, input),
});
