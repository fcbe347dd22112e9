/** Shows a failed outcome to the model, as the message that answers its tool call. */
import { ToolMessage } from '@langchain/core/messages';
import type { FailedOutcome } from '../outcomes.js';
import { outcomes } from '../outcomes.js';

/** The tool call that a message answers. */
export interface AnsweredCall {
  readonly name: string;
  readonly id?: string | undefined;
}

/**
 * Makes the ToolMessage for a failed outcome: `status: "error"`, and as content a JSON object with
 * `outcome`, `message` (for the person), `next` (for the model), and where there are any `issues` and `details`.
 * The server’s own words stand in `details` alone, so that a model can tell data from instructions.
 */
export function toOutcomeMessage(failure: FailedOutcome, call: AnsweredCall): ToolMessage {
  const { user, model } = outcomes[failure.outcome];
  const content = {
    outcome: failure.outcome,
    message: failure.message ?? user,
    next: model,
    issues: failure.issues,
    details: failure.details === '' ? undefined : failure.details,
  };
  return new ToolMessage({
    status: 'error',
    name: call.name,
    tool_call_id: call.id ?? '',
    content: JSON.stringify(content),
    artifact: failure,
  });
}
