import { ToolMessage } from '@langchain/core/messages';
import { GraphInterrupt, MemorySaver } from '@langchain/langgraph';
import { describe, expect, it } from 'vitest';
import { KeysUnavailableError, PrincipalMismatchError, TokenInvalidError } from '../../src/errors.js';
import { silentLogger } from '../../src/logger.js';
import type { ToolCallStep } from '../../src/middleware/tool-calls.js';
import { runToolCall } from '../../src/middleware/tool-calls.js';
import { OutcomeError } from '../../src/outcomes.js';
import type { ApprovalSubject } from '../../src/runtime/approval-ledger.js';
import { createApprovalLedger } from '../../src/runtime/approval-ledger.js';
import { defineWrapperTool } from '../../src/tools/define-wrapper-tool.js';
import { lastToolAnswer, makeThing, whoAmI } from '../support/test-agent.js';
import { callerFor } from '../support/test-platform.js';
import { toLiveTool, toSlot, toToolset } from '../support/toolset-of.js';

const { principal } = callerFor('alice');
const slot = toSlot(toToolset([toLiveTool('who_am_i'), toLiveTool('make_thing')]), principal);

function stepOf(tool: typeof makeThing, changes: Partial<ToolCallStep> = {}) {
  const toolCall = { type: 'tool_call' as const, id: 'call_1', name: tool.wrapper.name, args: { name: 'a' } };
  const ledger = createApprovalLedger(new MemorySaver());
  const subject: ApprovalSubject = {
    threadId: 't',
    principal,
    toolCallId: 'call_1',
    tool: toolCall.name,
    args: toolCall.args,
  };
  const step: ToolCallStep = {
    toolCall,
    tool,
    isAnswered: false,
    signal: undefined,
    logger: silentLogger,
    proceed: () => Promise.resolve(new ToolMessage({ tool_call_id: 'call_1', content: '{"ok":true}' })),
    enter: () => Promise.resolve(slot),
    ledger: () => ledger,
    subject: () => subject,
    ...changes,
  };
  const approve = async () => {
    await ledger.ask(subject, { server: 's', generation: 'own' });
    await ledger.approve(subject);
  };
  return { step, ledger, subject, approve };
}

async function answerOf(step: ToolCallStep): Promise<Record<string, unknown>> {
  const answer = await runToolCall(step);
  return lastToolAnswer(ToolMessage.isInstance(answer) ? [answer] : []);
}

const failing = (error: Error) => ({ proceed: () => Promise.reject(error) });

describe('runToolCall', () => {
  it('makes no write without an approval', async () => {
    let calls = 0;
    const { step } = stepOf(makeThing, {
      proceed: () => {
        calls += 1;
        return Promise.reject(new Error('called'));
      },
    });

    expect(await answerOf(step)).toMatchObject({ outcome: 'permission-denied' });
    expect(calls).toBe(0);
  });

  it('makes an approved write once, and says so the second time', async () => {
    const { step, approve } = stepOf(makeThing);
    await approve();

    expect(await answerOf(step)).toEqual({ ok: true });
    expect(await answerOf(step)).toMatchObject({ outcome: 'unknown-result' });
  });

  it.each(['unavailable', 'unauthenticated', 'token-expired'] as const)(
    'gives the approval back after %s, when the call was not made',
    async (outcome) => {
      const { step, approve, ledger, subject } = stepOf(makeThing, failing(new OutcomeError({ outcome })));
      await approve();

      expect(await answerOf(step)).toMatchObject({ outcome });
      expect(await ledger.state(subject)).toBe('approved');
    },
  );

  it.each(['unknown-result', 'conflict', 'permission-denied', 'contract'] as const)(
    'does not give it back after %s',
    async (outcome) => {
      const { step, approve, ledger, subject } = stepOf(makeThing, failing(new OutcomeError({ outcome })));
      await approve();

      expect(await answerOf(step)).toMatchObject({ outcome });
      expect(await ledger.state(subject)).toBe('used');
    },
  );

  it('does not spend the approval when the tool is not there', async () => {
    const { step, approve, ledger, subject } = stepOf(makeThing, {
      enter: () => Promise.resolve(toSlot(toToolset([]), principal)),
    });
    await approve();

    expect(await answerOf(step)).toMatchObject({ outcome: 'permission-denied' });
    expect(await ledger.state(subject)).toBe('approved');
  });

  it.each([
    ['another server', toLiveTool('make_thing', { server: 'other' })],
    ['another generation', toLiveTool('apply_thing')],
  ])('makes no approved write on %s, and keeps the approval', async (_title, live) => {
    const translation = { generation: 'newer', tool: 'apply_thing', run: () => Promise.resolve('made') };
    const tool = defineWrapperTool({ ...makeThing.wrapper, translations: [translation] });
    let calls = 0;
    const { step, approve, ledger, subject } = stepOf(tool, {
      enter: () => Promise.resolve(toSlot(toToolset([live]), principal)),
      proceed: () => {
        calls += 1;
        return Promise.reject(new Error('called'));
      },
    });
    await approve();

    expect(await answerOf(step)).toMatchObject({
      outcome: 'unavailable',
      message: expect.stringContaining('approved for the server "s"') as unknown,
    });
    expect(calls).toBe(0);
    expect(await ledger.state(subject)).toBe('approved');
  });

  it('gives an approved write the tools of its server alone, as they were looked at', async () => {
    const called: string[] = [];
    const toLive = (server: string) =>
      toLiveTool('make_thing', {
        server,
        call: () => {
          called.push(server);
          return Promise.resolve({ content: 'made', artifact: undefined });
        },
      });
    let looks = 0;
    const toolsetFor = () => {
      looks += 1;
      return Promise.resolve(toToolset(looks === 1 ? [toLive('other'), toLive('s')] : [toLive('other')]));
    };
    const { step, approve } = stepOf(makeThing, {
      enter: () => Promise.resolve({ ...slot, toolsetFor }),
      proceed: async (tool) => {
        const content = String(await tool?.invoke({ name: 'a' }));
        return new ToolMessage({ tool_call_id: 'call_1', content: JSON.stringify({ content }) });
      },
    });
    await approve();

    expect(await answerOf(step)).toEqual({ content: 'made' });
    expect(called).toEqual(['s']);
  });

  it('says of a write that went out that its approval is used, wherever the tool is now', async () => {
    const enter = () =>
      Promise.resolve(toSlot(toToolset([toLiveTool('make_thing', { server: 'other' })]), principal));
    const { step, approve } = stepOf(makeThing);
    await approve();
    await runToolCall(step);

    expect(await answerOf({ ...step, enter })).toMatchObject({ outcome: 'unknown-result' });
  });

  it.each([
    ['an unknown error of a read', whoAmI, new Error('x'), 'contract'],
    ['an expired token', whoAmI, new TokenInvalidError('expired'), 'token-expired'],
    ['keys that cannot be read', whoAmI, new KeysUnavailableError(), 'unavailable'],
  ])('turns %s into an outcome', async (_title, tool, error, outcome) => {
    expect(await answerOf(stepOf(tool, failing(error)).step)).toMatchObject({ outcome });
  });

  it('turns an unknown error of an approved write into an unknown result', async () => {
    const { step, approve } = stepOf(makeThing, failing(new Error('x')));
    await approve();

    expect(await answerOf(step)).toMatchObject({ outcome: 'unknown-result' });
  });

  it.each([
    ['an interrupt', new GraphInterrupt([])],
    ['a refused principal', new PrincipalMismatchError()],
    ['a refused token', new TokenInvalidError('audience')],
  ])('passes %s on', async (_title, error) => {
    await expect(runToolCall(stepOf(whoAmI, failing(error)).step)).rejects.toBe(error);
  });

  it('passes an abort on, whatever the tool threw', async () => {
    const reason = new DOMException('stopped', 'AbortError');
    const { step } = stepOf(whoAmI, { ...failing(new Error('x')), signal: AbortSignal.abort(reason) });

    await expect(runToolCall(step)).rejects.toBe(reason);
  });
});
