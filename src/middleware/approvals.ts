/** The approval of writes, between the model and its tools. */
import type { BaseMessage } from '@langchain/core/messages';
import { AIMessage, ToolMessage } from '@langchain/core/messages';
import { interrupt } from '@langchain/langgraph';
import { ResumeInvalidError, isFleetError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { FailedOutcome } from '../outcomes.js';
import { isOutcomeError } from '../outcomes.js';
import type { ApprovalLedger } from '../runtime/approval-ledger.js';
import { approvalDigest } from '../runtime/approval-ledger.js';
import type { Slot } from '../runtime/slots.js';
import { requireLiveTool } from '../tools/call-live-tool.js';
import { checkArguments } from '../tools/define-wrapper-tool.js';
import type { ActionRequest, ApprovalRequest, Decision } from './decisions.js';
import { parseDecisions, toApprovalRequest } from './decisions.js';
import { toOutcomeMessage } from './outcome-message.js';
import type { WriteCall } from './write-calls.js';

/** What a review of writes needs. */
export interface ReviewContext {
  readonly slot: Slot;
  readonly ledger: ApprovalLedger;
  readonly logger: Logger;
}

/** How a review ended: calls with other arguments than the model’s, and answers to calls that are not made. */
export interface Review {
  readonly edited: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  readonly answers: readonly ToolMessage[];
}

/**
 * Reviews the writes of one model message: answers those that cannot succeed without asking anybody, and stops the run
 * for a person’s decision on the others.
 *
 * An answer counts only for a question that stood in the ledger before this step began: a resume value that comes
 * together with the call it approves, by `command.goto` or `command.update`, approves nothing.
 */
export async function reviewWrites(writes: readonly WriteCall[], context: ReviewContext): Promise<Review> {
  const questions: Question[] = [];
  const answers: ToolMessage[] = [];
  for (const write of writes) {
    const next = await prepare(write, context);
    if (next instanceof ToolMessage) answers.push(next);
    else if (next !== undefined) questions.push(next);
  }
  if (questions.length === 0) return { edited: new Map(), answers };

  const decisions = askForDecisions(toApprovalRequest(questions.map(toActionRequest)));
  return decide({ questions, decisions, answers }, context);
}

/**
 * Stops the run until a person has decided. An answer of another shape stops it again, with the same request and a
 * `refusal` that says what was wrong: LangGraph keeps every resume value of a step, so an error here would meet the
 * bad answer again at the next resume.
 */
function askForDecisions(request: ApprovalRequest): readonly Decision[] {
  let refusal: string | undefined;
  for (;;) {
    const answer: unknown = interrupt(refusal === undefined ? request : { ...request, refusal });
    try {
      return parseDecisions(answer, request);
    } catch (error) {
      if (!(error instanceof ResumeInvalidError)) throw error;
      refusal = error.message;
    }
  }
}

interface Question {
  readonly write: WriteCall;
  /** Whether the person had been asked before this step began. */
  readonly wasAsked: boolean;
}

/** Gives the question to ask, the answer when the call cannot be made, or undefined when it is approved already. */
async function prepare(
  write: WriteCall,
  context: ReviewContext,
): Promise<Question | ToolMessage | undefined> {
  const state = await context.ledger.state(write.subject);
  if (state === 'approved') return undefined;
  if (state === 'asked') return { write, wasAsked: true };
  if (state !== 'unknown') return toOutcomeMessage(spentApproval(write, state), write.call);
  const failure = await findObstacle(write, context);
  if (failure !== undefined) return toOutcomeMessage(failure, write.call);
  await context.ledger.ask(write.subject);
  context.logger.info('approval.asked', describeForLog(write));
  return { write, wasAsked: false };
}

function spentApproval({ call }: WriteCall, state: 'declined' | 'used'): FailedOutcome {
  if (state === 'declined')
    return { outcome: 'cancelled', message: `${call.name} was declined and is not made.` };
  return {
    outcome: 'unknown-result',
    message: `The approval of this ${call.name} was used already; look whether the resource exists.`,
  };
}

/** Looks whether a write can succeed at all, before anybody is asked. */
async function findObstacle(
  write: WriteCall,
  { slot, logger }: ReviewContext,
): Promise<FailedOutcome | undefined> {
  const { wrapper, subject } = write;
  try {
    const toolset = await slot.toolset();
    requireLiveTool(toolset, wrapper.name);
    const issues = checkArguments(wrapper, subject.args);
    if (issues.length > 0) return { outcome: 'invalid-argument', issues };
    await wrapper.lookFirst?.(wrapper.schema.parse(subject.args), async (tool, args) => {
      const { content } = await requireLiveTool(toolset, tool).call(args, { isWrite: false });
      return typeof content === 'string' ? content : JSON.stringify(content);
    });
    return undefined;
  } catch (error) {
    if (isOutcomeError(error)) return error.failure;
    if (isFleetError(error)) throw error;
    // A look that cannot read what the server answered must not end the run; nobody was asked yet.
    const name = error instanceof Error ? error.name : typeof error;
    logger.error('approval.look-failed', { tool: wrapper.name, toolCallId: write.call.id, error: name });
    return { outcome: 'contract' };
  }
}

function toActionRequest({ write }: Question): ActionRequest {
  const { wrapper, subject } = write;
  const description =
    wrapper.describe?.(wrapper.schema.parse(subject.args)) ??
    `${wrapper.name} wants to run with:\n${JSON.stringify(subject.args, null, 2)}`;
  return {
    name: wrapper.name,
    args: subject.args,
    description,
    digest: approvalDigest(subject.tool, subject.args),
  };
}

interface Decided {
  readonly questions: readonly Question[];
  readonly decisions: readonly Decision[];
  readonly answers: readonly ToolMessage[];
}

async function decide({ questions, decisions, answers }: Decided, context: ReviewContext): Promise<Review> {
  const edited = new Map<string, Readonly<Record<string, unknown>>>();
  const all = [...answers];
  for (const [index, question] of questions.entries()) {
    const decision = decisions[index];
    if (decision === undefined) continue;
    const refusal = await apply(question, decision, context);
    if (refusal !== undefined) all.push(toOutcomeMessage(refusal, question.write.call));
    else if (decision.type === 'edit') edited.set(question.write.call.id, decision.editedAction.args);
  }
  return { edited, answers: all };
}

/** Applies one decision; gives the outcome when the call is not made. */
async function apply(
  { write, wasAsked }: Question,
  decision: Decision,
  context: ReviewContext,
): Promise<FailedOutcome | undefined> {
  const { ledger, logger } = context;
  if (!wasAsked || decision.type === 'reject') {
    await ledger.decline(write.subject);
    logger.info('approval.declined', { ...describeForLog(write), wasAsked });
    return declined(write, wasAsked ? decision : undefined);
  }
  // An edit that changes nothing is an approval: the ledger knows a call by its arguments.
  if (decision.type === 'approve' || isSameCall(write, decision.editedAction.args)) {
    await ledger.approve(write.subject);
    logger.info('approval.given', describeForLog(write));
    return undefined;
  }
  const subject = { ...write.subject, args: decision.editedAction.args };
  const failure = await findObstacle({ ...write, subject }, context);
  await ledger.decline(write.subject);
  if (failure !== undefined) return failure;
  await ledger.ask(subject);
  await ledger.approve(subject);
  logger.info('approval.given', { ...describeForLog({ ...write, subject }), edited: true });
  return undefined;
}

function isSameCall({ subject }: WriteCall, args: Readonly<Record<string, unknown>>): boolean {
  return approvalDigest(subject.tool, args) === approvalDigest(subject.tool, subject.args);
}

function declined({ call }: WriteCall, decision: Decision | undefined): FailedOutcome {
  if (decision === undefined) {
    return {
      outcome: 'cancelled',
      message: `${call.name} was answered before it was shown, so it is not made; ask again.`,
    };
  }
  // The person’s own words are what the model must follow, so they stand as the message and not among the details.
  return { outcome: 'cancelled', message: decision.type === 'reject' ? decision.message : undefined };
}

function describeForLog({ call, subject }: WriteCall): Readonly<Record<string, unknown>> {
  const { threadId, principal, tool, args } = subject;
  return {
    threadId,
    subject: principal.subject,
    tool,
    toolCallId: call.id,
    digest: approvalDigest(tool, args),
  };
}

/**
 * Puts a review into the conversation.
 *
 * @returns the messages to add or replace; empty when the model’s message stays as it is.
 */
export function toReviewedMessages(message: AIMessage, review: Review): BaseMessage[] {
  if (review.edited.size === 0) return [...review.answers];
  const calls = (message.tool_calls ?? []).map((call) => {
    const args = call.id === undefined ? undefined : review.edited.get(call.id);
    return args === undefined ? call : { ...call, args };
  });
  const { id, name, content, response_metadata, usage_metadata } = message;
  // Without additional_kwargs: OpenAI’s raw copy of the calls stands there, with the arguments from before the edit.
  const edited = new AIMessage({
    content,
    response_metadata,
    tool_calls: calls,
    ...(id === undefined ? {} : { id }),
    ...(name === undefined ? {} : { name }),
    ...(usage_metadata === undefined ? {} : { usage_metadata }),
  });
  return [edited, ...review.answers];
}
