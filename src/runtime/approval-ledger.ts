/**
 * The approvals of writes, kept beside the checkpoints and outside every thread’s own state.
 *
 * A thread’s state can be updated, forked and replayed, so nothing in it can prove that a person approved a call once.
 * The ledger stands in the same checkpointer under names that no thread has: whoever replaces the graph’s checkpointer
 * replaces the ledger with it, and an approval asked for in one process is found in the next.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { BaseCheckpointSaver } from '@langchain/langgraph';
import { emptyCheckpoint } from '@langchain/langgraph';
import { z } from 'zod';
import type { Principal } from '../auth/principal.js';
import { principalKey } from '../auth/principal.js';
import { canonicalJson } from '../canonical-json.js';
import { longestRepeatMs } from '../contracts/idempotency-key.js';
import { hasRecordedOutcome } from './recorded-outcome.js';

/** One call that wants an approval. */
export interface ApprovalSubject {
  readonly threadId: string;
  readonly principal: Principal;
  readonly toolCallId: string;
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** Where an approved call goes, as the person was shown it. */
export interface ApprovalTarget {
  /** Key of the server in `mcp-servers.json`. */
  readonly server: string;
  /** Name of the generation whose form the call takes; `own` for the wrapper’s. */
  readonly generation: string;
}

/** `unknown`: never asked for. `asked`: shown to the person. `declined` and `used` are final. */
export type ApprovalState = 'unknown' | 'asked' | 'approved' | 'declined' | 'used';

/** Reads and moves approvals. */
export interface ApprovalLedger {
  state(subject: ApprovalSubject): Promise<ApprovalState>;
  /**
   * Records that the person was asked, for a call that goes to `target` and nowhere else; `answersBefore` is how many
   * answers their step had been given until then.
   */
  ask(subject: ApprovalSubject, target: ApprovalTarget, answersBefore?: number): Promise<void>;
  /** The `target` of the asking; undefined when nobody was asked, or no target was recorded, and no call may go out. */
  target(subject: ApprovalSubject): Promise<ApprovalTarget | undefined>;
  /** The `answersBefore` of the asking. */
  askedAfter(subject: ApprovalSubject): Promise<number>;
  /** Records the person’s approval. */
  approve(subject: ApprovalSubject): Promise<void>;
  /** Records that the call must not be made. */
  decline(subject: ApprovalSubject): Promise<void>;
  /** Takes an unused approval; true for exactly one caller. */
  use(subject: ApprovalSubject): Promise<boolean>;
  /**
   * Tells whether the call of a used approval may go out once more under its idempotency key: it went out a short time
   * ago, as long as servers keep keys, and the conversation holds no outcome of it.
   */
  mayRepeat(subject: ApprovalSubject): Promise<boolean>;
  /** Gives back an approval whose call is known not to have been made. */
  giveBack(subject: ApprovalSubject): Promise<void>;
}

/** The digest that an approval is bound to: tool and arguments, in canonical JSON. @see RFC 8785 */
export function approvalDigest(tool: string, args: Readonly<Record<string, unknown>>): string {
  return createHash('sha256').update(canonicalJson({ args, tool })).digest('hex');
}

/** The id of the one checkpoint an approval consists of; its steps are writes to it. */
const checkpointId = '1f000000-0000-6000-8000-000000000000';

/**
 * Creates the ledger that stands in a checkpointer; one for each checkpointer of a process.
 *
 * @param clock The time in milliseconds since the epoch.
 */
export function createApprovalLedger(
  checkpointer: BaseCheckpointSaver,
  clock: () => number = Date.now,
): ApprovalLedger {
  // LangGraph’s own savers keep the first of two writes; another saver may replace it, so claims of one process take turns.
  const claiming = new Set<string>();

  const stepsOf = async (subject: ApprovalSubject): Promise<Steps> => {
    const tuple = await checkpointer.getTuple(configOf(subject));
    return new Map((tuple?.pendingWrites ?? []).map(([, step, value]) => [step, value]));
  };

  const take = (
    subject: ApprovalSubject,
    step: string,
    value: unknown = new Date().toISOString(),
  ): Promise<void> => checkpointer.putWrites(configOf(subject), [[step, value]], taskOf(step));

  const claim = async (subject: ApprovalSubject): Promise<boolean> => {
    const steps = await stepsOf(subject);
    if (stateOf(steps) !== 'approved' || targetOf(steps) === undefined) return false;
    const step = `used:${String(returnsIn(steps))}`;
    const claimId = randomUUID();
    await take(subject, step, { claimId, atMs: clock() } satisfies Use);
    // Another process may have written first: the claim that stands is the one that counts.
    return useOf(await stepsOf(subject))?.claimId === claimId;
  };

  return {
    state: async (subject) => stateOf(await stepsOf(subject)),
    async ask(subject, target, answersBefore = 0) {
      const config = { configurable: { thread_id: threadOf(subject), checkpoint_ns: '' } };
      const checkpoint = { ...emptyCheckpoint(), id: checkpointId };
      await checkpointer.put(config, checkpoint, { source: 'update', step: 0, parents: {} }, {});
      await take(subject, 'asked', { ...target, answersBefore });
    },
    target: async (subject) => targetOf(await stepsOf(subject)),
    askedAfter: async (subject) => answersBeforeOf(await stepsOf(subject)),
    approve: (subject) => take(subject, 'approved'),
    decline: (subject) => take(subject, 'declined'),
    async use(subject) {
      const key = threadOf(subject);
      if (claiming.has(key)) return false;
      claiming.add(key);
      try {
        return await claim(subject);
      } finally {
        claiming.delete(key);
      }
    },
    async mayRepeat(subject) {
      const use = useOf(await stepsOf(subject));
      if (use === undefined || clock() - use.atMs > longestRepeatMs) return false;
      const { threadId, toolCallId } = subject;
      return !(await hasRecordedOutcome(checkpointer, { threadId, toolCallId, sinceMs: use.atMs }));
    },
    giveBack: async (subject) => take(subject, `returned:${String(returnsIn(await stepsOf(subject)))}`),
  };
}

type Steps = ReadonlyMap<string, unknown>;

function stateOf(steps: Steps): ApprovalState {
  if (steps.has(`used:${String(returnsIn(steps))}`)) return 'used';
  if (steps.has('declined')) return 'declined';
  if (steps.has('approved')) return 'approved';
  return steps.has('asked') ? 'asked' : 'unknown';
}

/** A question as it is recorded. Earlier ones are the number of answers alone, and approve no call. */
const askedRecord = z.object({ server: z.string(), generation: z.string(), answersBefore: z.number() });

function targetOf(steps: Steps): ApprovalTarget | undefined {
  const asked = askedRecord.safeParse(steps.get('asked')).data;
  return asked && { server: asked.server, generation: asked.generation };
}

function answersBeforeOf(steps: Steps): number {
  const asked = steps.get('asked');
  return askedRecord.safeParse(asked).data?.answersBefore ?? Number(asked);
}

/** A use as it is recorded. Earlier ones are the id alone, and their call never goes out again. */
const useRecord = z.object({ claimId: z.string(), atMs: z.number() });
type Use = z.output<typeof useRecord>;

function useOf(steps: Steps): Use | undefined {
  return useRecord.safeParse(steps.get(`used:${String(returnsIn(steps))}`)).data;
}

/** How often the approval was given back: its uses are numbered by it. */
function returnsIn(steps: Steps): number {
  return [...steps.keys()].filter((step) => step.startsWith('returned:')).length;
}

/** Each step is a task of its own, because a saver keeps one write for each task and index. */
function taskOf(step: string): string {
  return `1f000000-0000-6000-8000-${createHash('sha256').update(step).digest('hex').slice(0, 12)}`;
}

function threadOf({ threadId, principal, toolCallId, tool, args }: ApprovalSubject): string {
  const identity = [threadId, principalKey(principal), toolCallId, approvalDigest(tool, args)];
  return `approval:${createHash('sha256').update(JSON.stringify(identity)).digest('hex')}`;
}

function configOf(subject: ApprovalSubject): {
  configurable: { thread_id: string; checkpoint_ns: string; checkpoint_id: string };
} {
  return { configurable: { thread_id: threadOf(subject), checkpoint_ns: '', checkpoint_id: checkpointId } };
}
