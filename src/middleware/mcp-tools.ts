/**
 * The before-agent middleware and its companions: an agent’s wrapper tools act as the person who started the run.
 *
 * Stand it first in the agent’s middleware, so that nothing runs before the principal is known. It does nothing at
 * import or compile time; the first run makes its parts.
 */
import { AIMessage, RemoveMessage } from '@langchain/core/messages';
import { REMOVE_ALL_MESSAGES, ReducedValue, StateSchema } from '@langchain/langgraph';
import type { AgentMiddleware } from 'langchain';
import { createMiddleware } from 'langchain';
import type { Logger } from '../logger.js';
import { silentLogger } from '../logger.js';
import type { OutcomeError } from '../outcomes.js';
import { isOutcomeError } from '../outcomes.js';
import type { Slot } from '../runtime/slots.js';
import { keepFirstOwner, threadOwner, toThreadOwner } from '../runtime/thread-owner.js';
import type { WrapperTool } from '../tools/define-wrapper-tool.js';
import { reviewWrites, toReviewedMessages } from './approvals.js';
import type { RunSources } from './connect-slots.js';
import { connectSlots } from './connect-slots.js';
import { closeDanglingToolCalls, findDanglingToolCalls } from './dangling-tool-calls.js';
import { toOfferedTools } from './offered-tools.js';
import { createRunGate } from './run-gate.js';
import { runToolCall } from './tool-calls.js';
import { createLedgers, findWrites, toSubject, wantsWrite } from './write-calls.js';

/** Options of {@link mcpToolsMiddleware}. */
export interface McpToolsMiddlewareOptions extends RunSources {
  /** The wrapper tools of the agent, the same objects as in the agent’s `tools`. */
  readonly tools: readonly WrapperTool[];
  /** Where events go: one line a tool call, approval and load, never arguments or tokens. Nowhere when left out. */
  readonly logger?: Logger | undefined;
}

const stateSchema = new StateSchema({
  _threadOwner: new ReducedValue(threadOwner.optional(), {
    inputSchema: threadOwner.optional(),
    reducer: keepFirstOwner,
  }),
});

/**
 * Creates the middleware.
 *
 * `beforeAgent` verifies the run’s token, records or compares the thread’s owner, closes tool calls left open and loads
 * the user’s tools once per thread. `wrapModelCall` shows the model only the wrappers whose tool this user has.
 * `afterModel` gets a person’s approval for writes. `wrapToolCall` finds the slot again (a resume never passed
 * `beforeAgent`), enforces the approval and turns every ending into an outcome.
 *
 * @throws {@link ConfigError} when the first run comes and `mcpServers` or `tokens` is wrong.
 * @example
 * ```ts
 * const agent = createAgent({
 *   model,
 *   tools,
 *   checkpointer: new MemorySaver(),
 *   middleware: [
 *     mcpToolsMiddleware({
 *       tools,
 *       mcpServers: { platform: { type: 'http', url: 'https://mcp.example.com/mcp', auth: { mode: 'forward' } } },
 *       tokens: { issuer: 'https://id.example.com', audience: 'my-agent', jwks: 'https://id.example.com/jwks' },
 *     }),
 *   ],
 * });
 * ```
 */
export function mcpToolsMiddleware(options: McpToolsMiddlewareOptions): AgentMiddleware<typeof stateSchema> {
  const { tools, logger = silentLogger } = options;
  const gate = createRunGate(connectSlots(options, logger));
  const ledgerOf = createLedgers();

  return createMiddleware({
    name: 'McpToolsMiddleware',
    stateSchema,

    beforeAgent: {
      canJumpTo: ['end'],
      hook: async (state, { configurable }) => {
        const slot = await gate.enter(state, configurable);
        const dangling = findDanglingToolCalls(state.messages);
        for (const { subject } of findWrites(dangling, tools, { slot, configurable })) {
          await ledgerOf(configurable).decline(subject);
        }
        const _threadOwner = toThreadOwner(slot.principal());
        const messages = dangling.length === 0 ? [] : [removeAll(), ...closeDanglingToolCalls(state.messages)];
        const failure = await loadFailure(slot);
        if (failure === undefined) return { _threadOwner, messages };
        logger.warn('mcp.tools.failed', { outcome: failure.failure.outcome });
        return { _threadOwner, messages: [...messages, new AIMessage(failure.message)], jumpTo: 'end' };
      },
    },

    wrapModelCall: async (request, handler) => {
      const slot = await gate.enter(request.state, request.runtime.configurable);
      const failure = await loadFailure(slot);
      if (failure !== undefined) return new AIMessage(failure.message);
      return handler({
        ...request,
        tools: toOfferedTools(request.tools, await slot.toolset()),
        messages: closeDanglingToolCalls(request.messages),
      });
    },

    afterModel: {
      canJumpTo: ['model'],
      hook: async (state, { configurable }) => {
        const message = state.messages.at(-1);
        const calls = AIMessage.isInstance(message) ? (message.tool_calls ?? []) : [];
        if (!AIMessage.isInstance(message) || !wantsWrite(calls, tools)) return undefined;
        const slot = await gate.enter(state, configurable);
        const writes = findWrites(calls, tools, { slot, configurable });
        const review = await reviewWrites(writes, { slot, ledger: ledgerOf(configurable), logger });
        const messages = toReviewedMessages(message, review);
        return review.answers.length === calls.length ? { messages, jumpTo: 'model' } : { messages };
      },
    },

    wrapToolCall: (request, handler) => {
      const { toolCall, tool, state, runtime } = request;
      const { configurable, signal } = runtime;
      return runToolCall({
        toolCall,
        tool,
        signal,
        logger,
        proceed: async () => handler(request),
        enter: () => gate.enter(state, configurable),
        ledger: () => ledgerOf(configurable),
        subject: (slot) => toSubject(toolCall, { slot, configurable }),
      });
    },
  });
}

function removeAll(): RemoveMessage {
  return new RemoveMessage({ id: REMOVE_ALL_MESSAGES });
}

/** Why a slot’s tools cannot be loaded now; undefined when they are there. */
async function loadFailure(slot: Slot): Promise<OutcomeError | undefined> {
  try {
    await slot.toolset();
    return undefined;
  } catch (error) {
    if (isOutcomeError(error)) return error;
    throw error;
  }
}
