/**
 * The before-agent middleware and its companions: an agent’s wrapper tools act as the person who started the run.
 *
 * Stand it first in the agent’s middleware, so that nothing runs before the principal is known. It does nothing at
 * import or compile time; the first run makes its parts.
 */
import { AIMessage } from '@langchain/core/messages';
import type { AgentMiddleware } from 'langchain';
import { createMiddleware } from 'langchain';
import type { Logger } from '../logger.js';
import { silentLogger } from '../logger.js';
import { isOutcomeError } from '../outcomes.js';
import { holdsOutcome } from '../runtime/recorded-outcome.js';
import type { ConditionalEntry } from '../runtime/conditional-entry.js';
import type { Admission } from '../runtime/seal-run-config.js';
import type { WrapperTool } from '../tools/define-wrapper-tool.js';
import type { RunSources } from './connect-slots.js';
import { connectSlots } from './connect-slots.js';
import { createContractReports } from './contract-reports.js';
import { closeDanglingToolCalls } from './dangling-tool-calls.js';
import { keptState } from './kept-state.js';
import { findMissingServers, toModelNote, withoutNotices } from './missing-servers.js';
import { toOfferedTools } from './offered-tools.js';
import { createRunGate } from './run-gate.js';
import { runToolCall } from './tool-calls.js';
import { withSignIn } from './sign-in.js';
import type { TurnState } from './turn.js';
import { createTurn } from './turn.js';
import { createLedgers, toSubject } from './write-calls.js';

/** Options of {@link mcpToolsMiddleware}. */
export interface McpToolsMiddlewareOptions extends RunSources {
  /** The wrapper tools of the agent, the same objects as in the agent’s `tools`. */
  readonly tools: readonly WrapperTool[];
  /** Where events go: one line a tool call, approval and load, never arguments or tokens. Nowhere when left out. */
  readonly logger?: Logger | undefined;
}

/** The middleware, and the door that stands before it. */
export type McpToolsMiddleware = AgentMiddleware<typeof keptState> & {
  /** For `sealRunConfig`: refuses a run before LangGraph writes anything of it. */
  readonly admit: Admission;
  /** For `addConditionalEntry`: a turn in which `beforeAgent` has nothing to do does without its step. */
  readonly entry: ConditionalEntry<TurnState>;
};

/**
 * Creates the middleware.
 *
 * `beforeAgent` verifies the run’s token, records or compares the thread’s owner, closes tool calls left open and loads
 * the user’s tools, which are kept for the person across threads. `wrapModelCall` shows the model only the wrappers whose tool this user has.
 * `afterModel` gets a person’s approval for writes. `wrapToolCall` finds the slot again (a resume and an idle
 * turn never passed `beforeAgent`), enforces the approval and turns every ending into an outcome.
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
export function mcpToolsMiddleware(options: McpToolsMiddlewareOptions): McpToolsMiddleware {
  const { tools, logger = silentLogger } = options;
  const gate = createRunGate(connectSlots(options, logger), logger);
  const ledgerOf = createLedgers();
  const onBroken = createContractReports(logger);
  const hasWrites = tools.some(({ wrapper }) => wrapper.class === 'write');
  const turn = createTurn({ tools, logger, gate, ledgerOf });

  const middleware = createMiddleware({
    name: 'McpToolsMiddleware',
    stateSchema: keptState,
    beforeAgent: {
      canJumpTo: ['end'],
      hook: (state, { configurable }) =>
        withSignIn(() => turn.begin(state, configurable), { logger, step: 'beforeAgent' }),
    },
    wrapModelCall: async (request, handler) => {
      const toolset = await withSignIn(() => turn.ready(request.state, request.runtime.configurable), {
        logger,
        step: 'wrapModelCall',
      });
      if (isOutcomeError(toolset)) return new AIMessage(toolset.message);
      const missing = findMissingServers(toolset, tools);
      return handler({
        ...request,
        tools: toOfferedTools(request.tools, toolset, onBroken),
        messages: closeDanglingToolCalls(withoutNotices(request.messages)),
        ...(missing.length > 0 && { systemMessage: request.systemMessage.concat(toModelNote(missing)) }),
      });
    },
    // A hook is a node of the graph and costs a step after every model call, so an agent without writes has none.
    afterModel: hasWrites
      ? {
          canJumpTo: ['model'],
          hook: (state, { configurable }) =>
            withSignIn(() => turn.review(state, configurable), { logger, step: 'afterModel' }),
        }
      : undefined,
    wrapToolCall: (request, handler) => {
      const { toolCall, tool, state, runtime } = request;
      const { configurable, signal } = runtime;
      return runToolCall({
        toolCall,
        tool,
        isAnswered: holdsOutcome(state.messages, toolCall.id ?? ''),
        signal,
        logger,
        proceed: async (other) => handler(other === undefined ? request : { ...request, tool: other }),
        enter: () => gate.enter(state, configurable),
        ledger: () => ledgerOf(configurable),
        subject: (slot) => toSubject(toolCall, { slot, configurable }),
      });
    },
  });
  const entry = { node: `${middleware.name}.before_agent`, isIdle: turn.isIdle };
  return Object.assign(middleware, { admit: gate.admit, entry });
}
