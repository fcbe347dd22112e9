/** The approval of writes, between the model and its tools. */
import type { BaseMessage } from '@langchain/core/messages';
import { AIMessage, ToolMessage } from '@langchain/core/messages';
import { interrupt, isGraphInterrupt } from '@langchain/langgraph';
import { ResumeInvalidError, isFleetError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { FailedOutcome } from '../outcomes.js';
import { isOutcomeError } from '../outcomes.js';
import type { ApprovalLedger, ApprovalSubject, ApprovalTarget } from '../runtime/approval-ledger.js';
import { approvalDigest } from '../runtime/approval-ledger.js';
import type { Slot } from '../runtime/slots.js';
import { requireApprovedServer, toApprovalTarget, toApprovedNeed } from '../tools/approved-offer.js';
import { toReadCall } from '../tools/call-offer.js';
import { checkArguments } from '../tools/define-wrapper-tool.js';
import { requireOffer, toToolNeed } from '../tools/find-offer.js';
import type { ActionRequest, ApprovalRequest, Decision } from './decisions.js';
import { parseDecisions, toApprovalRequest } from './decisions.js';
import { toOutcomeMessage } from './outcome-message.js';
import type { WriteCall } from './write-calls.js';
import { approvalMissing } from './write-calls.js';

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
 * An answer counts only for a question that was asked before it was given: a resume value that comes together with the
 * call it approves, by `command.goto` or `command.update`, or that answered an earlier stop of the step, approves nothing.
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

  const request = toApprovalRequest(questions.map(toActionRequest));
  await askNewQuestions(questions, request, context);
  const earlier = Math.max(...questions.map(({ askedAfter = 0 }) => askedAfter));
  return decide({ questions, decisions: readDecisions(request, earlier), answers }, context);
}

interface NewQuestion {
  readonly write: WriteCall;
  /** Where the call will go. */
  readonly target: ApprovalTarget;
  readonly askedAfter?: undefined;
}

interface AskedQuestion {
  readonly write: WriteCall;
  /** Where the call will go; undefined when that was not recorded, and it goes nowhere. */
  readonly target: ApprovalTarget | undefined;
  /** How many answers this step had been given when the person was asked. */
  readonly askedAfter: number;
}

type Question = NewQuestion | AskedQuestion;

/** Gives the question to ask, the answer when the call cannot be made, or undefined when it was approved already. */
async function prepare(
  write: WriteCall,
  context: ReviewContext,
): Promise<Question | ToolMessage | undefined> {
  const state = await context.ledger.state(write.subject);
  // Where the call is made it is known whether a used approval lets it go out again.
  if (state === 'approved' || state === 'used') return undefined;
  if (state === 'asked') return findQuestion(write, context);
  if (state === 'declined') return toDeclined(write);
  const found = await lookAhead(write, context);
  return 'outcome' in found ? toOutcomeMessage(found, write.call) : { write, target: found };
}

async function findQuestion(write: WriteCall, { ledger }: ReviewContext): Promise<AskedQuestion> {
  const { subject } = write;
  return { write, target: await ledger.target(subject), askedAfter: await ledger.askedAfter(subject) };
}

/** Records the questions that nobody was asked yet and stops the run with them; returns when there is none. */
async function askNewQuestions(
  questions: readonly Question[],
  request: ApprovalRequest,
  { ledger, logger }: ReviewContext,
): Promise<void> {
  const unasked = questions.filter((question) => question.askedAfter === undefined);
  if (unasked.length === 0) return;
  const { answersGiven, stop } = takeAnswersGiven(request);
  for (const { write, target } of unasked) {
    await ledger.ask(write.subject, target, answersGiven);
    logger.info('approval.asked', describeForLog(write));
  }
  throw stop;
}

/** Counts the answers that this step was given for other questions, up to the interrupt that waits for the next one. */
function takeAnswersGiven(request: ApprovalRequest): { answersGiven: number; stop: Error } {
  for (let answersGiven = 0; ; answersGiven += 1) {
    try {
      interrupt(request);
    } catch (stop) {
      if (!isGraphInterrupt(stop)) throw stop;
      return { answersGiven, stop };
    }
  }
}

/**
 * Reads the answer that came after `earlier` others. One of another shape stops the run again, with the same request
 * and a `refusal` that says what was wrong: LangGraph keeps every resume value of a step, so an error here would meet
 * the bad answer again at the next resume.
 */
function readDecisions(request: ApprovalRequest, earlier: number): readonly Decision[] {
  for (let skipped = 0; skipped < earlier; skipped += 1) interrupt(request);
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

function toDeclined({ call }: WriteCall): ToolMessage {
  const message = `${call.name} was declined and is not made.`;
  return toOutcomeMessage({ outcome: 'cancelled', message }, call);
}

/**
 * Looks whether a write can succeed at all, before anybody is asked; gives where it will go, or why it cannot.
 * A call that was shown to a person already, and comes back edited, goes where it was shown to go.
 */
async function lookAhead(
  write: WriteCall,
  { slot, logger }: ReviewContext,
  shown?: ApprovalTarget,
): Promise<ApprovalTarget | FailedOutcome> {
  const { wrapper, subject } = write;
  try {
    const need = shown === undefined ? toToolNeed(wrapper) : toApprovedNeed(wrapper, shown);
    const toolset = await slot.toolsetFor(need);
    const offered = shown === undefined ? toolset : requireApprovedServer(toolset, wrapper, shown);
    const offer = requireOffer(offered, wrapper);
    const issues = checkArguments(wrapper, subject.args);
    if (issues.length > 0) return { outcome: 'invalid-argument', issues };
    const read = toReadCall({ wrapper, toolset, offer });
    await wrapper.lookFirst?.(wrapper.schema.parse(subject.args), read);
    return toApprovalTarget(offer);
  } catch (error) {
    if (isOutcomeError(error) && error.failure.signIn === undefined) return error.failure;
    if (isFleetError(error)) throw error;
    // A look that cannot read what the server answered must not end the run; nobody was asked yet.
    const name = error instanceof Error ? error.name : typeof error;
    logger.error('approval.look-failed', { tool: wrapper.name, toolCallId: write.call.id, error: name });
    return { outcome: 'contract' };
  }
}

function toActionRequest({ write, target }: Question): ActionRequest {
  const { wrapper, subject } = write;
  const place = target === undefined ? '' : ` on the server "${target.server}"`;
  const description =
    wrapper.describe?.(wrapper.schema.parse(subject.args), target?.generation) ??
    `${wrapper.name} wants to run${place} with:\n${JSON.stringify(subject.args, null, 2)}`;
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

/** One decision with what a look at its edited call found. */
interface Ruling {
  readonly write: WriteCall;
  readonly decision: Decision;
  /** The call as the person edited it, and where it goes or why it cannot be made; undefined when they changed nothing. */
  readonly edited?: { readonly subject: ApprovalSubject; readonly found: ApprovalTarget | FailedOutcome };
}

/** Looks at every edited call before anything is recorded: a look may stop the run, which then reads the answer again. */
async function decide({ questions, decisions, answers }: Decided, context: ReviewContext): Promise<Review> {
  const rulings: Ruling[] = [];
  for (const [index, question] of questions.entries()) {
    const decision = decisions[index];
    if (decision !== undefined) rulings.push(await look(question, decision, context));
  }
  const edited = new Map<string, Readonly<Record<string, unknown>>>();
  const all = [...answers];
  for (const ruling of rulings) {
    const refusal = await apply(ruling, context);
    if (refusal !== undefined) all.push(toOutcomeMessage(refusal, ruling.write.call));
    else if (ruling.edited !== undefined) edited.set(ruling.write.call.id, ruling.edited.subject.args);
  }
  return { edited, answers: all };
}

async function look(
  { write, target }: Question,
  decision: Decision,
  context: ReviewContext,
): Promise<Ruling> {
  // An edit that changes nothing is an approval: the ledger knows a call by its arguments.
  if (decision.type !== 'edit' || isSameCall(write, decision.editedAction.args)) return { write, decision };
  const subject = { ...write.subject, args: decision.editedAction.args };
  const found =
    target === undefined
      ? approvalMissing(write.call.name)
      : await lookAhead({ ...write, subject }, context, target);
  return { write, decision, edited: { subject, found } };
}

/** Records one decision; gives the outcome when the call is not made. */
async function apply(
  { write, decision, edited }: Ruling,
  { ledger, logger }: ReviewContext,
): Promise<FailedOutcome | undefined> {
  if (decision.type === 'reject') {
    await ledger.decline(write.subject);
    logger.info('approval.declined', describeForLog(write));
    // The person’s own words are what the model must follow, so they stand as the message and not among the details.
    return { outcome: 'cancelled', message: decision.message };
  }
  if (edited === undefined) {
    await ledger.approve(write.subject);
    logger.info('approval.given', describeForLog(write));
    return undefined;
  }
  await ledger.decline(write.subject);
  const { subject, found } = edited;
  if ('outcome' in found) return found;
  await ledger.ask(subject, found);
  await ledger.approve(subject);
  logger.info('approval.given', { ...describeForLog({ ...write, subject }), edited: true });
  return undefined;
}

function isSameCall({ subject }: WriteCall, args: Readonly<Record<string, unknown>>): boolean {
  return approvalDigest(subject.tool, args) === approvalDigest(subject.tool, subject.args);
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
