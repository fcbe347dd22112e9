/** Tool `list_organizations`. */
import { defineTool, reading } from '../define-tool.js';

/** Lists the caller's organizations. */
export const listOrganizations = defineTool({
  name: 'list_organizations',
  title: 'List organizations',
  description:
    'Lists the organizations that the signed-in person acts for: id, slug, name. Start here when none is known.',
  annotations: reading,
  handle: (input, { platform, caller }) => platform.listOrganizations(caller, input),
});
