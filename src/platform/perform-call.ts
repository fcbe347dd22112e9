/** Runs one call the only way there is: authorize, act, and leave exactly one audit record. */
import type { Kysely } from 'kysely';
import type { z } from 'zod';
import type { CloudResourceToolName } from '../contracts/cloud-resource-tools.js';
import {
  InvalidArgumentError,
  isFleetError,
  PermissionDeniedError,
  StorageUnavailableError,
} from '../errors.js';
import { appendAudit } from './audit-log.js';
import { toAuditEntry, type CallEnding } from './audit-entry.js';
import { createScope, createTrail, requirePermission, type CallScope, type Trail } from './call-scope.js';
import type { Caller } from './caller.js';
import { checkValue } from './spec-validation.js';
import { findMembership, type Membership } from './directory.js';
import type { PlatformContext } from './platform-context.js';
import type { PlatformTables } from './platform-tables.js';

/** A use case. */
export interface UseCase<Input, Result> {
  /** The tool that is called, or a door beside the tools. */
  readonly action: CloudResourceToolName | 'reveal_credentials' | 'unknown_tool';
  /** Checks the arguments. */
  readonly input: z.ZodType<Input>;
  /** Whether it changes anything: then its effect and its audit record are kept together, or neither is. */
  readonly writes: boolean;
  /** Does the work; permissions on the things it touches are its own duty. */
  readonly run: (scope: CallScope, input: Input, context: PlatformContext) => Promise<Result>;
}

/** One call of a use case. */
export interface Call {
  readonly caller: Caller;
  /** Arguments as they came. */
  readonly input: unknown;
  /** The key that the call came with, as it came; a use case that makes nothing does not look at it. */
  readonly idempotencyKey?: unknown;
}

/**
 * Runs a use case for a caller.
 *
 * @throws whatever the use case throws, after it is in the trail; {@link StorageUnavailableError} when the directory
 *   cannot be read, or the record of a writing call, allowed or not, cannot be kept; then nothing was changed.
 */
export async function performCall<Input, Result>(
  context: PlatformContext,
  useCase: UseCase<Input, Result>,
  call: Call,
): Promise<Result> {
  const startedAt = context.clock.now();
  const trail = createTrail(undefined);
  const entry = (ending: CallEnding) =>
    toAuditEntry({ ...call, action: useCase.action, trail, ending, startedAt, endedAt: context.clock.now() });
  try {
    const membership = await readMembership(context, call.caller);
    trail.organization = membership?.slug ?? null;
    const parts: RunParts<Input, Result> = { context, useCase, call, membership, trail };
    return await (useCase.writes ? runWriting(parts, entry) : runReading(parts, entry));
  } catch (error) {
    const isKept = await keepRecord(context, entry(toEnding(error, trail)));
    throw isKept || !useCase.writes ? error : new StorageUnavailableError({ cause: error });
  }
}

async function readMembership(context: PlatformContext, caller: Caller): Promise<Membership | undefined> {
  try {
    return await findMembership(context.db, caller.principal);
  } catch (cause) {
    context.logger.error('directory.read.failed', { requestId: caller.requestId, error: cause });
    throw new StorageUnavailableError({ cause });
  }
}

interface RunParts<Input, Result> {
  readonly context: PlatformContext;
  readonly useCase: UseCase<Input, Result>;
  readonly call: Call;
  readonly membership: Membership | undefined;
  readonly trail: Trail;
}

type MakeEntry = (ending: CallEnding) => ReturnType<typeof toAuditEntry>;

function toAllowed({ replayed }: Trail): CallEnding {
  return { decision: 'allowed', outcome: replayed ? 'replayed' : 'ok' };
}

async function runReading<Input, Result>(parts: RunParts<Input, Result>, entry: MakeEntry): Promise<Result> {
  const result = await runAuthorized(parts, parts.context.db);
  await keepRecord(parts.context, entry(toAllowed(parts.trail)));
  return result;
}

async function runWriting<Input, Result>(parts: RunParts<Input, Result>, entry: MakeEntry): Promise<Result> {
  return parts.context.db.transaction().execute(async (transaction) => {
    const result = await runAuthorized(parts, transaction);
    try {
      await appendAudit(transaction, entry(toAllowed(parts.trail)));
    } catch (cause) {
      throw new StorageUnavailableError({ cause });
    }
    return result;
  });
}

async function runAuthorized<Input, Result>(
  { context, useCase, call, membership, trail }: RunParts<Input, Result>,
  db: Kysely<PlatformTables>,
): Promise<Result> {
  const { caller, idempotencyKey } = call;
  const scope = createScope({ caller, idempotencyKey, membership, db, trail, policy: context.policy });
  if (useCase.action !== 'reveal_credentials' && useCase.action !== 'unknown_tool') {
    const target = { type: 'Tool', name: useCase.action } as const;
    requirePermission(scope, { action: 'use', target }, `use the tool ${useCase.action}`);
  }
  refuseNul(call.input);
  return useCase.run(scope, checkValue(useCase.input, call.input, ''), context);
}

/** PostgreSQL has no NUL in its texts; refusing it everywhere keeps both engines alike. */
function refuseNul(input: unknown): void {
  // A list instead of recursion: a caller may nest as deep as a body is long.
  const open: unknown[] = [input];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string' && value.includes('\0'))
      throw new InvalidArgumentError([
        { path: '', message: 'The arguments hold a NUL character; remove it.' },
      ]);
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, member] of Object.entries(value)) open.push(name, member);
  }
}

function toEnding(error: unknown, trail: Trail): CallEnding {
  const decision = trail.hidden || error instanceof PermissionDeniedError ? 'denied' : 'failed';
  return { decision, outcome: isFleetError(error) ? error.code : 'ERR_INTERNAL' };
}

/**
 * Writes a record by itself. A read goes on when that fails: it changed nothing, and the log says what is missing.
 *
 * @returns whether it was written.
 */
async function keepRecord(context: PlatformContext, entry: ReturnType<MakeEntry>): Promise<boolean> {
  try {
    await context.db.transaction().execute((transaction) => appendAudit(transaction, entry));
    return true;
  } catch (error) {
    context.logger.error('audit.record.lost', { requestId: entry.request_id, action: entry.action, error });
    return false;
  }
}
