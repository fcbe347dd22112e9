/** Tool `create_cloud_resource`. */
import type { CloudResource } from '../../contracts/cloud-resource-tools.js';
import { toCloudResource } from '../cloud-resource-result.js';
import { adding, defineTool, type ToolContext } from '../define-tool.js';

const longestWatchMs = 5000;
/** `pending`, `creating`, and how it ended. */
const statesOnTheWay = 3;

/** Creates a resource, and follows it when the client asked for progress. */
export const createCloudResource = defineTool({
  name: 'create_cloud_resource',
  title: 'Create a resource',
  description:
    'Records a new resource and answers with its id and state. The name must be free for its kind in the environment; ' +
    'the spec must keep to get_cloud_resource_schema. With a progress token the call stays open until the resource is ' +
    'available or failed, at most 5 seconds; without one it answers at once in state pending.',
  annotations: adding,
  honoursIdempotencyKey: true,
  handle: async (input, context) => {
    const { platform, caller, idempotencyKey } = context;
    const created = toCloudResource(await platform.createResource(caller, input, idempotencyKey), context);
    return context.reportProgress === undefined ? created : follow(created, context);
  },
});

/** Reports each state. The resource is recorded: whatever ends the watch early, the call went well. */
async function follow(created: CloudResource, context: ToolContext): Promise<CloudResource> {
  let latest = created;
  let progress = 0;
  const options = { signal: context.signal, untilMs: longestWatchMs };
  try {
    for await (const view of context.platform.watchResource(context.caller, created.id, options)) {
      latest = toCloudResource(view, context);
      progress += 1;
      await context.reportProgress?.(progress, statesOnTheWay, latest.state);
    }
  } catch (error) {
    const { requestId } = context.caller;
    context.logger.warn('platform.watch.failed', { requestId, resourceId: created.id, error });
  }
  return latest;
}
