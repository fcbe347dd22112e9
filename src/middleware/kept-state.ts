/** What the middleware keeps of a conversation, in its checkpoint: whose it is, and what its person was told. */
import { withLangGraph } from '@langchain/langgraph/zod';
import { z } from 'zod';
import { keepFirstOwner, threadOwner } from '../runtime/thread-owner.js';
import { joinTold } from './missing-servers.js';

/** Names of servers. */
const toldServers = z.array(z.string()).readonly().optional();
type ToldServers = z.output<typeof toldServers>;

/** The state schema of the middleware. Keys that begin with `_` are no part of an agent’s input or output. */
export const keptState = toOwnPartial(
  z.object({
    _threadOwner: withLangGraph(threadOwner.optional(), {
      reducer: { schema: threadOwner.optional(), fn: keepFirstOwner },
    }),
    _missingTold: withLangGraph(toldServers, {
      reducer: {
        schema: toldServers,
        fn: (told: ToldServers, now: ToldServers): ToldServers => joinTold(told, now),
      },
    }),
  }),
);

/**
 * Gives the same schema, which is its own partial from now on: LangChain makes a partial copy of a middleware’s schema for
 * every model call, which takes longer than all else that the middleware does there. Its keys must all be optional.
 */
function toOwnPartial<Schema extends z.ZodObject>(schema: Schema): Schema {
  const { constr: Constructor, def: own } = schema._zod;
  const keys = Object.keys(own.shape).join();
  // A constructor that returns an object makes that one.
  const constr = function (def: typeof own): unknown {
    const isPartial = def !== own && def.catchall === own.catchall && Object.keys(def.shape).join() === keys;
    return isPartial ? schema : new Constructor(def);
  };
  Object.assign(schema._zod, { constr });
  return schema;
}
