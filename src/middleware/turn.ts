/** The two steps of a turn that change its state: its beginning, and the review of what the model wants. */
import type { BaseMessage } from '@langchain/core/messages';
import { AIMessage, RemoveMessage } from '@langchain/core/messages';
import type { ToolCall } from '@langchain/core/messages/tool';
import { REMOVE_ALL_MESSAGES } from '@langchain/langgraph';
import type { Logger } from '../logger.js';
import type { Toolset } from '../mcp-client/toolset.js';
import type { OutcomeError } from '../outcomes.js';
import { isOutcomeError } from '../outcomes.js';
import type { ApprovalLedger, ApprovalState } from '../runtime/approval-ledger.js';
import type { Configurable } from '../runtime/run-config.js';
import type { Slot } from '../runtime/slots.js';
import type { ThreadOwner } from '../runtime/thread-owner.js';
import { toThreadOwner } from '../runtime/thread-owner.js';
import type { WrapperTool } from '../tools/define-wrapper-tool.js';
import { reviewWrites, toReviewedMessages } from './approvals.js';
import type { OpenCallState } from './dangling-tool-calls.js';
import { closeDanglingToolCalls, findDanglingToolCalls } from './dangling-tool-calls.js';
import { findUntoldServers, toNotice } from './missing-servers.js';
import type { OwnedState, RunGate } from './run-gate.js';
import type { LedgerOfRun, WriteCall } from './write-calls.js';
import { findWrites, wantsWrite } from './write-calls.js';

/** What {@link createTurn} is made of. */
export interface TurnOptions {
  readonly tools: readonly WrapperTool[];
  readonly logger: Logger;
  readonly gate: RunGate;
  readonly ledgerOf: LedgerOfRun;
}

/** An agent’s state as a turn reads it. */
export interface TurnState extends OwnedState {
  readonly messages: BaseMessage[];
  /** The missing servers that the person was told of in this conversation. */
  readonly _missingTold?: readonly string[] | undefined;
}

/** The steps of a turn, as `beforeAgent` and `afterModel` run them. */
export interface Turn {
  /**
   * Lets the run in, records the thread’s owner, declines what was left undecided, closes open tool calls and loads
   * the tools. When they cannot be loaded the turn ends with a sentence that says why; when servers are missing that
   * may be, the person is told once.
   */
  begin(state: TurnState, configurable: Configurable | undefined): Promise<TurnBeginning | undefined>;
  /**
   * Whether `begin` would change nothing now, and wait for nothing, as far as is known without asking anybody. It lets
   * nobody in: every later step verifies the token and compares the owner.
   */
  isIdle(state: TurnState, configurable: Configurable | undefined): boolean;
  /** Lets the run go on and finds its tools again, or why they cannot be loaded now. */
  ready(state: OwnedState, configurable: Configurable | undefined): Promise<Toolset | OutcomeError>;
  /** Gets decisions on the model’s writes; undefined when it wants none. */
  review(state: TurnState, configurable: Configurable | undefined): Promise<TurnReview | undefined>;
}

interface TurnBeginning {
  readonly _threadOwner: ThreadOwner;
  readonly _missingTold?: readonly string[];
  readonly messages: BaseMessage[];
  readonly jumpTo?: 'end';
}

interface TurnReview {
  readonly messages: BaseMessage[];
  readonly jumpTo?: 'model';
}

/** Creates the steps. */
export function createTurn({ tools, logger, gate, ledgerOf }: TurnOptions): Turn {
  return {
    async begin(state, configurable) {
      const slot = await gate.enter(state, configurable);
      const dangling = findDanglingToolCalls(state.messages);
      const writes = findWrites(dangling, tools, { slot, configurable });
      const states = new Map([
        ...readsOf(dangling, tools),
        ...(writes.length === 0 ? [] : await declineUnsent(writes, ledgerOf(configurable))),
      ]);
      const closed = dangling.length === 0 ? [] : replaceAll(closeDanglingToolCalls(state.messages, states));
      const _threadOwner = toThreadOwner(slot.principal());
      const loaded = await loadTools(slot);
      if (!isOutcomeError(loaded)) {
        const untold = findUntoldServers(loaded, tools, state._missingTold);
        const notices = untold.length === 0 ? [] : [toNotice(untold)];
        const _missingTold = untold.map(({ name }) => name);
        const messages = [...closed, ...notices];
        // Nothing to write: LangGraph would store every key that is given as a change.
        if (state._threadOwner !== undefined && messages.length === 0) return undefined;
        return { _threadOwner, _missingTold, messages };
      }
      logger.warn('mcp.tools.failed', { outcome: loaded.failure.outcome, reason: loaded.message });
      return { _threadOwner, messages: [...closed, new AIMessage(loaded.message)], jumpTo: 'end' };
    },

    isIdle(state, configurable) {
      const slot = gate.find(state, configurable);
      return slot?.isLoaded() === true && findDanglingToolCalls(state.messages).length === 0;
    },

    async ready(state, configurable) {
      return loadTools(await gate.enter(state, configurable));
    },

    async review(state, configurable) {
      const message = state.messages.at(-1);
      const calls = AIMessage.isInstance(message) ? (message.tool_calls ?? []) : [];
      if (!AIMessage.isInstance(message) || !wantsWrite(calls, tools)) return undefined;
      const slot = await gate.enter(state, configurable);
      const writes = findWrites(calls, tools, { slot, configurable });
      const review = await reviewWrites(writes, { slot, ledger: ledgerOf(configurable), logger });
      const messages = toReviewedMessages(message, review);
      return review.answers.length === calls.length ? { messages, jumpTo: 'model' } : { messages };
    },
  };
}

type KnownCall = readonly [id: string, state: OpenCallState];

/** A read changes nothing, whether it left or not. */
function readsOf(calls: readonly ToolCall[], tools: readonly WrapperTool[]): readonly KnownCall[] {
  const reads = new Set(tools.filter(({ wrapper }) => wrapper.class === 'read').map(({ name }) => name));
  return calls.flatMap(({ id, name }) => (id !== undefined && reads.has(name) ? [[id, 'not-made']] : []));
}

/** Declines the writes that nobody has decided on or that did not go out yet, and tells them from those that did. */
async function declineUnsent(
  writes: readonly WriteCall[],
  ledger: ApprovalLedger,
): Promise<readonly KnownCall[]> {
  const known: KnownCall[] = [];
  for (const { call, subject } of writes) {
    const state = await ledger.state(subject);
    if (state !== 'used') await ledger.decline(subject);
    known.push([call.id, openStateOf(state)]);
  }
  return known;
}

function openStateOf(state: ApprovalState): OpenCallState {
  if (state === 'used') return 'unknown';
  return state === 'asked' ? 'undecided' : 'not-made';
}

/** A slot’s tools, or why they cannot be loaded now. What a sign-in mends is thrown. */
async function loadTools(slot: Slot): Promise<Toolset | OutcomeError> {
  try {
    return await slot.toolset();
  } catch (error) {
    if (isOutcomeError(error) && error.failure.signIn === undefined) return error;
    throw error;
  }
}

function replaceAll(messages: readonly BaseMessage[]): BaseMessage[] {
  return [new RemoveMessage({ id: REMOVE_ALL_MESSAGES }), ...messages];
}
