/** One tool call: let in, checked, given its slot, and brought to an outcome whatever happens. */
import type { ToolMessage } from '@langchain/core/messages';
import type { ToolCall } from '@langchain/core/messages/tool';
import type { Command } from '@langchain/langgraph';
import { isGraphBubbleUp } from '@langchain/langgraph';
import { ToolInvocationError } from 'langchain';
import { KeysUnavailableError, TokenInvalidError, isFleetError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { FailedOutcome, OutcomeName } from '../outcomes.js';
import { OutcomeError, isOutcomeError } from '../outcomes.js';
import type { ApprovalLedger, ApprovalSubject } from '../runtime/approval-ledger.js';
import type { Slot } from '../runtime/slots.js';
import type { WrapperTool } from '../tools/define-wrapper-tool.js';
import { checkArguments, isWrapperTool } from '../tools/define-wrapper-tool.js';
import { toWrapperInSlot } from '../tools/wrapper-in-slot.js';
import { makeApprovedWrite } from './approved-write.js';
import { toOutcomeMessage } from './outcome-message.js';
import { withSignIn } from './sign-in.js';

/** What a tool call ends in. */
export type ToolAnswer = ToolMessage | Command;

/** One tool call on its way. */
export interface ToolCallStep {
  readonly toolCall: ToolCall;
  /** The tool that the graph holds under the call’s name. */
  readonly tool: unknown;
  /** Whether the conversation holds an answer to the call already. */
  readonly isAnswered: boolean;
  readonly signal: AbortSignal | undefined;
  /** Executes the tool, or another one in its place. */
  readonly proceed: (other?: WrapperTool) => Promise<ToolAnswer>;
  /** Lets the run in; called anew for each call, because a resume and an idle turn never passed `beforeAgent`. */
  readonly enter: () => Promise<Slot>;
  readonly ledger: () => ApprovalLedger;
  readonly subject: (slot: Slot) => ApprovalSubject;
  readonly logger: Logger;
}

/**
 * Runs one tool call. Every ending that the conversation can go on from becomes a ToolMessage with `status: "error"`;
 * interrupts, aborts and a refused principal pass through.
 *
 * @throws {@link TokenMissingError}, {@link TokenInvalidError}, {@link PrincipalMismatchError}
 */
export async function runToolCall(step: ToolCallStep): Promise<ToolAnswer> {
  const { toolCall, tool, logger } = step;
  const startedAt = performance.now();
  const log = (outcome: OutcomeName): void => {
    const durationMs = Math.round(performance.now() - startedAt);
    logger.info('tool.called', { tool: toolCall.name, toolCallId: toolCall.id, outcome, durationMs });
  };
  const run = (): Promise<ToolAnswer> => (isWrapperTool(tool) ? runWrapper(tool, step) : step.proceed());
  try {
    const answer = await withSignIn(run, { logger, step: toolCall.name });
    log('ok');
    return answer;
  } catch (error) {
    const failure = toFailure(error, step);
    log(failure.outcome);
    return toOutcomeMessage(failure, toolCall);
  }
}

async function runWrapper(tool: WrapperTool, step: ToolCallStep): Promise<ToolAnswer> {
  const { wrapper } = tool;
  const slot = await step.enter();
  const issues = checkArguments(wrapper, step.toolCall.args);
  if (issues.length > 0) throw new OutcomeError({ outcome: 'invalid-argument', issues });
  const proceed = (own: Slot): Promise<ToolAnswer> => step.proceed(toWrapperInSlot(tool, own));
  if (wrapper.class !== 'write') return proceed(slot);
  const ledger = step.ledger();
  return makeApprovedWrite({ ...step, wrapper, slot, ledger, subject: step.subject(slot), proceed });
}

function toFailure(error: unknown, { toolCall, tool, signal, logger }: ToolCallStep): FailedOutcome {
  if (isGraphBubbleUp(error)) throw error;
  signal?.throwIfAborted();
  if (isOutcomeError(error)) return error.failure;
  // Only of a run whose door did not seal its token: a sealed one stopped for a sign-in.
  if (error instanceof TokenInvalidError && error.reason === 'expired') return { outcome: 'token-expired' };
  if (error instanceof KeysUnavailableError) return { outcome: 'unavailable', message: error.message };
  if (isFleetError(error)) throw error;
  if (!isWrapperTool(tool) && ToolInvocationError.isInstance(error)) return argumentsRefused(toolCall.name);
  const name = error instanceof Error ? error.name : typeof error;
  logger.error('tool.failed', { tool: toolCall.name, toolCallId: toolCall.id, error: name });
  if (isWrapperTool(tool)) return { outcome: tool.wrapper.class === 'write' ? 'unknown-result' : 'contract' };
  return {
    outcome: 'contract',
    message: `The tool ${toolCall.name} failed; its error is in the operator's log.`,
  };
}

/** The error’s own text repeats the arguments and carries a stack. */
function argumentsRefused(tool: string): FailedOutcome {
  return {
    outcome: 'invalid-argument',
    message: `The arguments do not fit the schema of ${tool}; correct them and call it again.`,
  };
}
