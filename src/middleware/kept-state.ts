/** What the middleware keeps of a conversation, in its checkpoint: whose it is, and what its person was told. */
import { withLangGraph } from '@langchain/langgraph/zod';
import { z } from 'zod';
// An object of `zod/mini` is not compiled: LangChain makes a new one of it for every model call, and parses once.
import { object } from 'zod/mini';
import { keepFirstOwner, threadOwner } from '../runtime/thread-owner.js';
import { joinTold } from './missing-servers.js';

/** Names of servers. */
const toldServers = z.array(z.string()).readonly().optional();
type ToldServers = z.output<typeof toldServers>;

/** The state schema of the middleware. Keys that begin with `_` are no part of an agent’s input or output. */
export const keptState = object({
  _threadOwner: withLangGraph(threadOwner.optional(), {
    reducer: { schema: threadOwner.optional(), fn: keepFirstOwner },
  }),
  _missingTold: withLangGraph(toldServers, {
    reducer: {
      schema: toldServers,
      fn: (told: ToldServers, now: ToldServers): ToldServers => joinTold(told, now),
    },
  }),
});
