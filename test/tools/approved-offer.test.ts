import { describe, expect, it } from 'vitest';
import { OutcomeError } from '../../src/outcomes.js';
import {
  mayComeAgain,
  requireApprovedServer,
  toApprovalTarget,
  toApprovedNeed,
} from '../../src/tools/approved-offer.js';
import { defineWrapperTool } from '../../src/tools/define-wrapper-tool.js';
import { findOffer, requireOffer } from '../../src/tools/find-offer.js';
import { makeThing } from '../support/test-agent.js';
import { toHonouring, toLiveTool, toToolset } from '../support/toolset-of.js';

const { wrapper } = makeThing;
const translation = { generation: 'newer', tool: 'apply_thing', run: () => Promise.resolve('made') };
const translated = defineWrapperTool({ ...wrapper, translations: [translation] }).wrapper;
const [first, second] = ['first', 'second'].map((server) => toLiveTool('make_thing', { server }));
const onSecond = { server: 'second', generation: 'own' };
const fits = { type: 'object' };
const broken = {
  type: 'object',
  properties: { region: { type: 'string' } },
  required: ['region'],
  additionalProperties: false,
};

function outcomeOf(work: () => unknown): Pick<OutcomeError, 'message' | 'failure'> {
  try {
    work();
  } catch (error) {
    if (error instanceof OutcomeError) return error;
  }
  throw new Error('It threw no outcome.');
}

describe('an approved offer', () => {
  it('is told by its server and its generation', () => {
    const newer = toLiveTool('apply_thing', { server: 'second' });

    expect(toApprovalTarget(requireOffer(toToolset([newer]), translated))).toEqual({
      server: 'second',
      generation: 'newer',
    });
  });

  it('is found alone, though another server has the name', () => {
    const approved = requireApprovedServer(toToolset([first!, second!]), wrapper, onSecond);

    expect(findOffer(approved, wrapper)?.tool.server).toBe('second');
    expect([...approved.tools.values(), ...approved.shadowed]).toHaveLength(1);
  });

  it('is needed of its own server', () => {
    const need = toApprovedNeed(wrapper, onSecond);

    expect(need.server).toBe('second');
    expect([need.isMet(toToolset([first!])), need.isMet(toToolset([first!, second!]))]).toEqual([
      false,
      true,
    ]);
  });

  it.each([
    ['another server has it', [first!], wrapper],
    ['its server has another generation', [toLiveTool('apply_thing', { server: 'second' })], translated],
    ['the wrapper names another server by now', [first!, second!], { ...wrapper, server: 'first' }],
  ])('is unavailable when %s', (_title, live, wanted) => {
    const { message, failure } = outcomeOf(() => requireApprovedServer(toToolset(live), wanted, onSecond));

    expect(failure.outcome).toBe('unavailable');
    expect(message).toContain('approved for the server "second"');
  });

  it('fails as its server does while that is down', () => {
    const down = new OutcomeError({ outcome: 'unauthenticated' });

    expect(() => requireApprovedServer(toToolset([first!], { second: down }), wrapper, onSecond)).toThrow(
      down,
    );
  });

  it.each([
    ['permission-denied', 'nobody has it', []],
    [
      'contract',
      'its contract is broken',
      [
        toLiveTool('make_thing', { server: 'second', schema: broken }),
        toLiveTool('make_thing', { schema: fits }),
      ],
    ],
  ])('is %s when %s', (outcome, _title, live) => {
    const { failure } = outcomeOf(() => requireApprovedServer(toToolset(live), wrapper, onSecond));

    expect(failure.outcome).toBe(outcome);
  });
});

describe('mayComeAgain', () => {
  it('is said of a tool whose definition says so, called in its own form', () => {
    expect(mayComeAgain(toHonouring(toToolset([toLiveTool('make_thing')])), wrapper)).toBe(true);
    expect(mayComeAgain(toToolset([toLiveTool('make_thing')]), wrapper)).toBe(false);
    expect(mayComeAgain(toHonouring(toToolset([toLiveTool('apply_thing')])), translated)).toBe(false);
    expect(mayComeAgain(toToolset([]), wrapper)).toBe(false);
  });
});
