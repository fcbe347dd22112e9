/** The writes among a model’s tool calls, each with the approval it needs. */
import type { ToolCall } from '@langchain/core/messages/tool';
import type { BaseCheckpointSaver } from '@langchain/langgraph';
import { NotWiredError } from '../errors.js';
import type { FailedOutcome } from '../outcomes.js';
import type { ApprovalLedger, ApprovalSubject } from '../runtime/approval-ledger.js';
import { createApprovalLedger } from '../runtime/approval-ledger.js';
import type { Configurable } from '../runtime/run-config.js';
import { readThreadId } from '../runtime/run-config.js';
import type { Slot } from '../runtime/slots.js';
import type { WrapperTool } from '../tools/define-wrapper-tool.js';
import type { Wrapper } from '../tools/wrapper-definition.js';

/** One write that the model wants, with everything that decides over it. */
export interface WriteCall {
  readonly call: ToolCall & { readonly id: string };
  readonly wrapper: Wrapper;
  readonly subject: ApprovalSubject;
}

/** The run that a call belongs to. */
export interface CallingRun {
  readonly slot: Slot;
  readonly configurable: Configurable | undefined;
}

/** Names the approval that a call needs: this thread, this principal, this call, these arguments. */
export function toSubject(call: ToolCall, { slot, configurable }: CallingRun): ApprovalSubject {
  return {
    threadId: readThreadId(configurable),
    principal: slot.principal(),
    toolCallId: call.id ?? '',
    tool: call.name,
    args: call.args,
  };
}

/** Picks the writes of some wrapper tools out of a model’s tool calls. */
export function findWrites(
  calls: readonly ToolCall[],
  tools: readonly WrapperTool[],
  run: CallingRun,
): readonly WriteCall[] {
  return calls.flatMap((call) => {
    const wrapper = writerOf(call, tools);
    return wrapper === undefined || call.id === undefined
      ? []
      : [{ call: { ...call, id: call.id }, wrapper, subject: toSubject(call, run) }];
  });
}

/** Tells whether a model wants a write. */
export function wantsWrite(calls: readonly ToolCall[], tools: readonly WrapperTool[]): boolean {
  return calls.some((call) => writerOf(call, tools) !== undefined);
}

function writerOf(call: ToolCall, tools: readonly WrapperTool[]): Wrapper | undefined {
  return tools.find(({ wrapper }) => wrapper.name === call.name && wrapper.class === 'write')?.wrapper;
}

/** The outcome of a write whose approval went out with an earlier call: nobody knows here what became of that one. */
export function approvalUsed(tool: string): FailedOutcome {
  return {
    outcome: 'unknown-result',
    message: `The approval of this ${tool} was used already; look whether the resource exists.`,
  };
}

/** The outcome of a write for which no approval is recorded. */
export function approvalMissing(tool: string): FailedOutcome {
  return {
    outcome: 'permission-denied',
    message: `${tool} needs your approval of exactly these arguments, and none is recorded; ask for it again.`,
  };
}

/** Gives the ledger of the checkpointer that a run uses; one ledger a checkpointer. */
export type LedgerOfRun = (configurable: Configurable | undefined) => ApprovalLedger;

/** LangGraph hands the run’s checkpointer to every task under this key, for subgraphs and for `interrupt`. */
const checkpointerKey = '__pregel_checkpointer';

/** Creates the function that finds ledgers. It throws {@link NotWiredError} for a run without a checkpointer. */
export function createLedgers(): LedgerOfRun {
  const ledgers = new WeakMap<BaseCheckpointSaver, ApprovalLedger>();
  return (configurable) => {
    const checkpointer = configurable?.[checkpointerKey];
    if (!isCheckpointer(checkpointer)) {
      throw new NotWiredError(
        'Writes need a checkpointer, in which their approvals are kept; compile the agent with one.',
      );
    }
    const ledger = ledgers.get(checkpointer) ?? createApprovalLedger(checkpointer);
    ledgers.set(checkpointer, ledger);
    return ledger;
  };
}

// By what it can do and not by its class: an application may hold a second copy of the checkpoint package.
function isCheckpointer(value: unknown): value is BaseCheckpointSaver {
  return typeof value === 'object' && value !== null && 'getTuple' in value && 'putWrites' in value;
}
