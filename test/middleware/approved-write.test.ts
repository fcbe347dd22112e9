import { MemorySaver } from '@langchain/langgraph';
import { beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/logger.js';
import type { ApprovedWrite } from '../../src/middleware/approved-write.js';
import { makeApprovedWrite } from '../../src/middleware/approved-write.js';
import type { FailedOutcome, OutcomeName } from '../../src/outcomes.js';
import { OutcomeError, isOutcomeError } from '../../src/outcomes.js';
import type { ApprovalLedger } from '../../src/runtime/approval-ledger.js';
import { createApprovalLedger } from '../../src/runtime/approval-ledger.js';
import { makeThing } from '../support/test-agent.js';
import { callerFor } from '../support/test-platform.js';
import { toHonouring, toLiveTool, toSlot, toToolset } from '../support/toolset-of.js';

const subject = {
  threadId: 't',
  principal: callerFor('alice').principal,
  toolCallId: 'call_1',
  tool: 'make_thing',
  args: { name: 'a' },
};
const plain = () => toToolset([toLiveTool('make_thing')]);
const honouring = () => toHonouring(plain());

let ledger: ApprovalLedger;
let sent: number;

beforeEach(async () => {
  ledger = createApprovalLedger(new MemorySaver());
  sent = 0;
  await ledger.ask(subject, { server: 's', generation: 'own' });
  await ledger.approve(subject);
});

/** A write whose sendings end like this, one after the other; an outcome is thrown. */
function writeWith(
  endings: readonly (string | FailedOutcome | Error)[],
  changes: Partial<ApprovedWrite<string>> = {},
): ApprovedWrite<string> {
  return {
    wrapper: makeThing.wrapper,
    slot: toSlot(honouring()),
    ledger,
    subject,
    isAnswered: false,
    signal: undefined,
    logger: silentLogger,
    proceed: () => {
      const ending = endings[sent];
      sent += 1;
      if (typeof ending === 'string') return Promise.resolve(ending);
      return Promise.reject(ending instanceof Error ? ending : new OutcomeError(ending ?? lost));
    },
    ...changes,
  };
}

const lost: FailedOutcome = { outcome: 'unknown-result', message: 'lost' };

async function endOf(write: ApprovedWrite<string>): Promise<OutcomeName> {
  try {
    await makeApprovedWrite(write);
    return 'ok';
  } catch (error) {
    if (isOutcomeError(error)) return error.failure.outcome;
    throw error;
  }
}

describe('makeApprovedWrite', () => {
  it('sends a call whose answer was lost once more, where its server honours the key', async () => {
    expect(await makeApprovedWrite(writeWith([lost, 'made']))).toBe('made');
    expect(sent).toBe(2);
  });

  it('sends it no third time, and says what was said first', async () => {
    await expect(makeApprovedWrite(writeWith([lost, { outcome: 'unavailable' }]))).rejects.toMatchObject({
      failure: lost,
    });
    expect(sent).toBe(2);
    expect(await ledger.state(subject)).toBe('used');
  });

  it('sends it once where the server does not say so', async () => {
    expect(await endOf(writeWith([lost, 'made'], { slot: toSlot(plain()) }))).toBe('unknown-result');
    expect(sent).toBe(1);
  });

  it('sends it once when its run was stopped over it', async () => {
    expect(await endOf(writeWith([lost, 'made'], { signal: AbortSignal.abort() }))).toBe('unknown-result');
    expect(sent).toBe(1);
  });

  it.each(['conflict', 'permission-denied', 'invalid-argument', 'contract', 'unavailable'] as const)(
    'sends nothing again after %s',
    async (outcome) => {
      expect(await endOf(writeWith([{ outcome }, 'made']))).toBe(outcome);
      expect(sent).toBe(1);
    },
  );

  it('sends a call through a translation once: it would take its own resource for another’s', async () => {
    const translation = {
      generation: 'newer',
      tool: 'make_thing',
      isSpoken: () => true,
      run: () => Promise.resolve('made'),
    };
    const wrapper = {
      ...makeThing.wrapper,
      forms: [
        {
          generation: 'own',
          tool: 'make_thing',
          translation,
          compare: () => ({ verdict: 'same' as const }),
        },
      ],
    };

    expect(await endOf(writeWith([lost, 'made'], { wrapper }))).toBe('unknown-result');
    expect(sent).toBe(1);
  });
});

describe('makeApprovedWrite of a call that went out before', () => {
  beforeEach(() => ledger.use(subject));

  it('sends it again where its server honours the key and nobody recorded an outcome', async () => {
    expect(await makeApprovedWrite(writeWith(['made']))).toBe('made');
    expect(sent).toBe(1);
  });

  it.each([
    ['whose server does not say so', { slot: toSlot(plain()) }],
    ['that is answered in the conversation', { isAnswered: true }],
    ['whose server is away', { slot: toSlot(toToolset([])) }],
    [
      'whose name another server has now',
      { slot: toSlot(toHonouring(toToolset([toLiveTool('make_thing', { server: 'other' })]))) },
    ],
    [
      'whose server cannot be asked',
      {
        slot: {
          ...toSlot(honouring()),
          toolsetFor: () => Promise.reject(new OutcomeError({ outcome: 'unavailable' })),
        },
      },
    ],
  ])('sends nothing of one %s, and says that nobody knows', async (_title, changes) => {
    expect(await endOf(writeWith(['made'], changes))).toBe('unknown-result');
    expect(sent).toBe(0);
  });

  it('sends nothing when the ledger does not let it go again', async () => {
    const barred = { ...ledger, mayRepeat: () => Promise.resolve(false) };

    expect(await endOf(writeWith(['made'], { ledger: barred }))).toBe('unknown-result');
    expect(sent).toBe(0);
  });

  it.each(['conflict', 'invalid-argument'] as const)('passes %s on: nothing was made', async (outcome) => {
    expect(await endOf(writeWith([{ outcome }]))).toBe(outcome);
  });

  it.each([
    'unavailable',
    'permission-denied',
    'not-found',
    'unauthenticated',
    'contract',
    'cancelled',
  ] as const)(
    'does not take %s for word of the first sending, nor gives its approval back',
    async (outcome) => {
      expect(await endOf(writeWith([{ outcome }]))).toBe('unknown-result');
      expect(await ledger.state(subject)).toBe('used');
    },
  );

  it('lets a sign-in be asked for, after which it goes out again', async () => {
    const refused: FailedOutcome = { outcome: 'token-expired', signIn: 'expired' };

    await expect(makeApprovedWrite(writeWith([refused]))).rejects.toMatchObject({ failure: refused });
    sent = 0;
    expect(await makeApprovedWrite(writeWith(['made']))).toBe('made');
  });

  it('passes on what is no outcome', async () => {
    const error = new Error('stopped');

    await expect(makeApprovedWrite(writeWith([error]))).rejects.toBe(error);
  });

  it('of other arguments finds no approval', async () => {
    const other = { ...subject, args: { name: 'b' } };

    expect(await endOf(writeWith(['made'], { subject: other }))).toBe('permission-denied');
    expect(sent).toBe(0);
  });
});

describe('makeApprovedWrite of a call that another process has just sent', () => {
  it('sends it too, where its server answers both alike', async () => {
    const late = { ...ledger, state: () => Promise.resolve('approved' as const) };
    await ledger.use(subject);

    expect(await endOf(writeWith(['made'], { ledger: late }))).toBe('ok');
    expect(await endOf(writeWith(['made'], { ledger: late, slot: toSlot(plain()) }))).not.toBe('ok');
  });
});
