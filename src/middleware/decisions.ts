/** The request a person answers and the decisions they answer with, in the shapes of `humanInTheLoopMiddleware`. */
import { z } from 'zod';
import { ResumeInvalidError } from '../errors.js';

/** One call that waits for a decision. */
export interface ActionRequest {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** What the person reads. */
  readonly description: string;
  /** Digest of tool and arguments; a decision that carries one must carry this. */
  readonly digest: string;
}

/** The value of an approval’s interrupt. */
export interface ApprovalRequest {
  readonly actionRequests: readonly ActionRequest[];
  readonly reviewConfigs: readonly {
    readonly actionName: string;
    readonly allowedDecisions: readonly string[];
  }[];
  /** What was wrong with the answer before this; absent at the first asking. */
  readonly refusal?: string;
}

/** What a person may decide. */
export const allowedDecisions = ['approve', 'edit', 'reject'] as const;

const digest = z.string().optional();
const decision = z.discriminatedUnion('type', [
  z.object({ type: z.literal('approve'), digest }),
  z.object({
    type: z.literal('edit'),
    editedAction: z.object({ name: z.string(), args: z.record(z.string(), z.unknown()) }),
    digest,
  }),
  z.object({ type: z.literal('reject'), message: z.string().max(4000).optional(), digest }),
]);
const answer = z.object({ decisions: z.array(decision).min(1) });

/** One parsed decision. */
export type Decision = z.output<typeof decision>;

/** Makes the request for some calls. */
export function toApprovalRequest(actionRequests: readonly ActionRequest[]): ApprovalRequest {
  return {
    actionRequests,
    reviewConfigs: actionRequests.map(({ name }) => ({ actionName: name, allowedDecisions })),
  };
}

/** Tells whether an interrupt’s value is an approval’s request. */
export function isApprovalRequest(value: unknown): value is ApprovalRequest {
  return (
    typeof value === 'object' &&
    value !== null &&
    'actionRequests' in value &&
    Array.isArray(value.actionRequests)
  );
}

/**
 * Reads the answer to a request: one decision for each action, in order.
 *
 * @throws {@link ResumeInvalidError} naming what is wrong; the approval stays open.
 */
export function parseDecisions(value: unknown, request: ApprovalRequest): readonly Decision[] {
  const parsed = answer.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ResumeInvalidError(
      `The resume value is not an answer to the open approval (${['resume', ...(issue?.path ?? [])].join('.')}); ` +
        'send {"decisions": [{"type": "approve"}]}, or "edit" with editedAction, or "reject" with message.',
    );
  }
  const { decisions } = parsed.data;
  const { actionRequests } = request;
  if (decisions.length !== actionRequests.length) {
    throw new ResumeInvalidError(
      `${String(actionRequests.length)} action(s) wait for a decision and ${String(decisions.length)} came; send one for each.`,
    );
  }
  for (const [index, action] of actionRequests.entries()) requireMatch(decisions[index], action);
  return decisions;
}

function requireMatch(decision: Decision | undefined, action: ActionRequest): void {
  if (decision?.digest !== undefined && decision.digest !== action.digest) {
    throw new ResumeInvalidError(
      'The decision’s digest is of another call than the one that waits; read the request again.',
    );
  }
  if (decision?.type === 'edit' && decision.editedAction.name !== action.name) {
    throw new ResumeInvalidError(
      `An edit may change the arguments of ${action.name}, not the tool; reject it instead.`,
    );
  }
}
