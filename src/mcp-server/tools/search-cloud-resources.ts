/** Tool `search_cloud_resources`. */
import { searchLimit } from '../../platform/read-use-cases.js';
import { defineTool, reading } from '../define-tool.js';

/** Finds resources. */
export const searchCloudResources = defineTool({
  name: 'search_cloud_resources',
  title: 'Search resources',
  description:
    'Finds resources of an organization by environment, kind and part of the name, newest first, ' +
    `at most ${String(searchLimit)}, without their specs. Use it to see whether a name is taken before creating.`,
  annotations: reading,
  handle: (input, { platform, caller }) => platform.searchResources(caller, input),
});
