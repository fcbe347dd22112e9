/** What the model does next: words, tool calls, or both. */
import type { CloudResourceToolInput, CloudResourceToolName } from '../../contracts/cloud-resource-tools.js';
import type { Conversation } from './conversation.js';
import { isSameCall } from './conversation.js';
import type { RequestState } from './request-state.js';
import type { FailedResult } from './tool-result.js';
import { tellFailure, tellNotOffered } from './wording-failure.js';

/** A tool call to make; its id is given when it leaves. */
export interface PlannedCall {
  readonly name: CloudResourceToolName;
  readonly args: Readonly<Record<string, unknown>>;
}

/** One answer of the model. */
export interface Step {
  readonly kind: 'step';
  readonly text: string;
  readonly calls: readonly PlannedCall[];
}

/** Everything a step is planned from. */
export interface View {
  readonly conversation: Conversation;
  readonly state: RequestState;
  /** Names of the tools that may be called. */
  readonly tools: ReadonlySet<string>;
}

/** What a tool said, or why there is nothing from it. */
export type Consultation =
  | { readonly kind: 'answer'; readonly value: unknown }
  | { readonly kind: 'failure'; readonly result: FailedResult }
  | { readonly kind: 'not-offered' }
  | Step;

/** Says something and waits for the person. */
export function say(text: string): Step {
  return { kind: 'step', text, calls: [] };
}

/** Plans a tool call, its arguments checked against the contract by the compiler. */
export function planCall<Name extends CloudResourceToolName>(
  name: Name,
  args: CloudResourceToolInput<Name>,
): PlannedCall {
  return { name, args };
}

/**
 * Asks a tool once in a turn: gives the answer that this turn already holds, else the step that makes the call.
 * The same call is never made twice in a turn, whatever it answered.
 */
export function consult({ conversation, tools }: View, call: PlannedCall): Consultation {
  const earlier = conversation.turn.findLast((made) => isSameCall(made, call));
  if (earlier !== undefined) {
    const { result } = earlier;
    return result.ok ? { kind: 'answer', value: result.value } : { kind: 'failure', result };
  }
  return tools.has(call.name) ? { kind: 'step', text: '', calls: [call] } : { kind: 'not-offered' };
}

/** Asks a tool like {@link consult}; where there is no answer, gives the step that says so. */
export function requireAnswer(
  view: View,
  call: PlannedCall,
): { readonly kind: 'answer'; readonly value: unknown } | Step {
  const found = consult(view, call);
  if (found.kind === 'failure') return say(tellFailure(call, found.result));
  return found.kind === 'not-offered' ? say(tellNotOffered(call.name, view.tools)) : found;
}
