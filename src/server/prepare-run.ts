/** What happens to a run over HTTP before it exists: its token is taken out, its resume is checked. */
import type { BaseCheckpointSaver } from '@langchain/langgraph';
import { HTTPException } from '@langchain/langgraph-sdk/auth';
import type { BearerToken } from '../auth/bearer-token.js';
import { toBearerToken } from '../auth/bearer-token.js';
import { principalKey } from '../auth/principal.js';
import type { TokenVerifier } from '../auth/token-verifier.js';
import { ResumeInvalidError } from '../errors.js';
import { isSignInRequest } from '../middleware/sign-in.js';
import type { RateLimit } from '../rate-limit.js';
import { isApprovalRequest, parseDecisions } from '../middleware/decisions.js';
import { userTokenKey } from '../runtime/run-config.js';
import { leastLifeSeconds } from '../runtime/run-admission.js';
import { parseWebhook } from './allowed-webhook.js';
import type { AuthenticatedUser } from './authenticated-user.js';
import type { OpenInterrupt } from './open-interrupts.js';
import { readOpenInterrupts } from './open-interrupts.js';
import type { RunTokens } from './run-tokens.js';
import { temporaryRunKey } from './temporary-runs.js';
import { webhookRelayPath, webhookUrlKey } from './webhook-relay.js';

/** What {@link prepareRun} needs of the server. */
export interface RunPreparation {
  readonly verifier: TokenVerifier;
  readonly runTokens: RunTokens;
  readonly checkpointer: Pick<BaseCheckpointSaver, 'getTuple'>;
  /** How many runs one person may begin; no limit when left out. */
  readonly runLimit?: RateLimit | undefined;
  /** ALLOWED_WEBHOOKS; default none. */
  readonly allowedWebhooks?: readonly string[] | undefined;
}

/** The part of LangGraph’s `threads:create_run` value that is read and changed. */
export interface NewRun {
  readonly runId: string;
  readonly threadId: string | undefined;
  /** How long the run is put off, in seconds. */
  readonly afterSeconds?: number | undefined;
  /** Changed in place: what is deleted here is never stored. */
  readonly kwargs: Record<string, unknown>;
}

/** The longest that a run may be put off, in seconds. */
const maxDelaySeconds = 86_400;

/**
 * Prepares a run: takes `_user_token` out of its config and context and verifies it, removes what a client must not set, and
 * refuses a resume that does not answer what is open.
 *
 * @throws {@link HTTPException} 429 for a flood, 401 or 403 for the token, 422 for the resume, and for what this server does not
 * serve: webhooks that are not on the operator’s list, feedback keys and delays beyond a day.
 */
export async function prepareRun(
  run: NewRun,
  user: AuthenticatedUser,
  server: RunPreparation,
): Promise<void> {
  const configurable = toRecord(toRecord(run.kwargs.config)?.configurable) ?? {};
  const context = toRecord(run.kwargs.context) ?? {};
  const given = userTokenKey in configurable ? configurable[userTokenKey] : context[userTokenKey];
  removeKeys(configurable, isKeptOut);
  if (run.kwargs['temporary'] === true) configurable[temporaryRunKey] = run.runId;
  removeKeys(context, (key) => key === userTokenKey || key.startsWith(enginePrefix));
  relayWebhook(run.kwargs, server.allowedWebhooks ?? []);
  if (run.kwargs['feedback_keys'] !== undefined && run.kwargs['feedback_keys'] !== null) {
    throw new HTTPException(422, { message: 'feedback_keys are not served here; leave them out.' });
  }
  if ((run.afterSeconds ?? 0) > maxDelaySeconds) {
    throw new HTTPException(422, {
      message: `after_seconds is at most ${String(maxDelaySeconds)}, a day; send a smaller number.`,
    });
  }
  const token = await requireToken({ given, user }, server);
  await requireAnswer(run, server);
  requireTurn(user, server.runLimit);
  server.runTokens.set(run.runId, token.token, token.expiresAt);
}

/** Runs share a few workers, and one request may ask for many; what is refused otherwise is not counted. @throws {@link HTTPException} 429. */
function requireTurn(user: AuthenticatedUser, limit: RateLimit | undefined): void {
  const waitSeconds = limit?.take(user.identity) ?? 0;
  if (waitSeconds === 0) return;
  throw new HTTPException(429, {
    message: 'Too many runs at once; wait, then try again.',
    headers: { 'Retry-After': String(waitSeconds) },
  });
}

/** Puts the webhook where the relay finds it, and the relay in its place. */
function relayWebhook(kwargs: Record<string, unknown>, allowed: readonly string[]): void {
  const { webhook } = kwargs;
  if (webhook === undefined || webhook === null) return;
  const url = parseWebhook(webhook, allowed);
  if (url === undefined) {
    throw new HTTPException(422, {
      message:
        'This webhook is not served: its URL must lie under one of ALLOWED_WEBHOOKS; follow the run’s stream instead.',
    });
  }
  kwargs[webhookUrlKey] = url.href;
  kwargs['webhook'] = webhookRelayPath;
}

/**
 * Request headers that LangGraph copied, keys of its own engine, the token, our own mark, and tracing: whether a conversation leaves
 * for LangSmith is the operator’s to say.
 */
function isKeptOut(key: string): boolean {
  return (
    key === userTokenKey ||
    key === temporaryRunKey ||
    keptOutPrefixes.some((prefix) => key.startsWith(prefix))
  );
}

const enginePrefix = '__';
const keptOutPrefixes = ['x-', enginePrefix, 'langsmith_'];

function removeKeys(record: Record<string, unknown>, isRemoved: (key: string) => boolean): void {
  for (const key of Object.keys(record).filter(isRemoved)) Reflect.deleteProperty(record, key);
}

interface GivenToken {
  readonly given: unknown;
  readonly user: AuthenticatedUser;
}

/** The token that a run will act with, and its end in seconds since the epoch. */
interface RunToken {
  readonly token: BearerToken;
  readonly expiresAt: number;
}

async function requireToken({ given, user }: GivenToken, { verifier }: RunPreparation): Promise<RunToken> {
  const token = given === undefined ? user.token() : toBearerToken(given);
  const principal = await verifier.verify(token, { lifeSeconds: leastLifeSeconds });
  if (principalKey(principal) !== principalKey(user.principal())) {
    throw new HTTPException(403, {
      message: '_user_token belongs to another person than the one who is signed in.',
    });
  }
  return { token, expiresAt: principal.expiresAt };
}

async function requireAnswer({ kwargs, threadId }: NewRun, { checkpointer }: RunPreparation): Promise<void> {
  const command = toRecord(kwargs['command']);
  const resume = command?.['resume'] ?? undefined;
  if (command !== undefined && resume === undefined) requireDirection(command);
  if (resume === undefined) return;
  if (command?.['update'] !== undefined || hasTarget(command?.['goto'])) {
    throw new HTTPException(422, {
      message: 'A resume comes alone: send "update" and "goto" in a run of their own.',
    });
  }
  if (kwargs[protocolRunKey] === true && holdsMessages(resume)) {
    kwargs['input'] = resume;
    Reflect.deleteProperty(kwargs, 'command');
    return;
  }
  answerOpen(await requireOpen(threadId, checkpointer), kwargs);
}

/**
 * Holds the resume of a run against what is open. While a sign-in is, it is all that this run answers, by its id:
 * LangGraph gives a plain answer to every question of the step.
 */
function answerOpen(open: OpenInterrupts, kwargs: NewRun['kwargs']): void {
  const command = toRecord(kwargs['command']) ?? {};
  const signIns = open.filter(({ value }) => isSignInRequest(value));
  if (signIns.length > 0) {
    // What came is not kept: people take it for the place of the new token.
    const ids = signIns.flatMap(({ id }) => id ?? []);
    command['resume'] = ids.length === 0 ? true : Object.fromEntries(ids.map((id) => [id, true]));
    return;
  }
  const [{ id, value }] = open;
  const { resume } = command;
  const given = kwargs[protocolRunKey] === true ? answerTo(id, resume) : resume;
  if (isApprovalRequest(value)) requireDecisions(given, value);
}

type OpenInterrupts = readonly [OpenInterrupt, ...OpenInterrupt[]];

async function requireOpen(
  threadId: string | undefined,
  checkpointer: RunPreparation['checkpointer'],
): Promise<OpenInterrupts> {
  const [open, ...others] = threadId === undefined ? [] : await readOpenInterrupts(checkpointer, threadId);
  if (open === undefined) {
    throw new HTTPException(422, {
      message: 'Nothing on this thread waits for an answer; send a message instead.',
    });
  }
  return [open, ...others];
}

/** How LangGraph marks a run of its protocol v2; a client of the other routes cannot set it. */
const protocolRunKey = '__protocol_stream_run';

/** Protocol v2 makes a resume of whatever `run.start` brings to an interrupted thread; a new message is none. */
function holdsMessages(resume: unknown): boolean {
  return toRecord(resume)?.['messages'] !== undefined;
}

/** Protocol v2 answers by the interrupt’s id. */
function answerTo(id: string | undefined, resume: unknown): unknown {
  const byId = toRecord(resume) ?? {};
  return id !== undefined && id in byId && Object.keys(byId).length === 1 ? byId[id] : resume;
}

/** LangGraph would make a run of an empty command, let it fail, and leave the thread in the state "error". */
function requireDirection(command: Readonly<Record<string, unknown>>): void {
  if (command['update'] !== undefined || hasTarget(command['goto'])) return;
  throw new HTTPException(422, { message: 'The command is empty; give it "resume", "update" or "goto".' });
}

function requireDecisions(resume: unknown, open: Parameters<typeof parseDecisions>[1]): void {
  try {
    parseDecisions(resume, open);
  } catch (error) {
    if (error instanceof ResumeInvalidError) throw new HTTPException(422, { message: error.message });
    throw error;
  }
}

function hasTarget(goto: unknown): boolean {
  return goto !== undefined && goto !== null && !(Array.isArray(goto) && goto.length === 0);
}

function toRecord(value: unknown): Record<string, unknown> | undefined {
  // A value that is an object and no array has string keys.
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
