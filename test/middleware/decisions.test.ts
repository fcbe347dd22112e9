import { describe, expect, it } from 'vitest';
import type { ActionRequest } from '../../src/middleware/decisions.js';
import { isApprovalRequest, parseDecisions, toApprovalRequest } from '../../src/middleware/decisions.js';

function action(name: string): ActionRequest {
  return { name, args: {}, description: name, digest: `digest of ${name}` };
}

const request = toApprovalRequest([action('make'), action('break')]);
const approve = { type: 'approve' };

describe('parseDecisions', () => {
  it('gives one decision for each action, in order', () => {
    const decisions = [
      { type: 'reject', message: 'no' },
      { type: 'edit', editedAction: { name: 'break', args: { a: 1 } }, digest: 'digest of break' },
    ];

    expect(parseDecisions({ decisions }, request)).toEqual(decisions);
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /resume/],
    ['null', null, /resume/],
    ['a word', 'approve', /resume/],
    ['a list', [approve, approve], /resume/],
    ['no list', { decisions: approve }, /resume\.decisions/],
    ['an unknown decision', { decisions: [approve, { type: 'respond' }] }, /resume\.decisions\.1/],
    [
      'a message that is too long',
      { decisions: [approve, { type: 'reject', message: 'x'.repeat(4001) }] },
      /message/,
    ],
    ['one for two', { decisions: [approve] }, /2 action\(s\) wait for a decision and 1 came/],
    ['three for two', { decisions: [approve, approve, approve] }, /and 3 came/],
    [
      'the digests the wrong way round',
      { decisions: [{ ...approve, digest: 'digest of break' }, approve] },
      /digest/,
    ],
    [
      'an edit to another tool',
      { decisions: [{ type: 'edit', editedAction: { name: 'break', args: {} } }, approve] },
      /not the tool/,
    ],
  ])('refuses %s and says what is wrong', (_title, value, message) => {
    const parse = () => parseDecisions(value, request);

    expect(parse).toThrow(message);
    expect(parse).toThrow(expect.objectContaining({ code: 'ERR_RESUME_INVALID' }));
  });

  it('says nothing of what was sent', () => {
    expect(() => parseDecisions({ decisions: ['canary'] }, request)).toThrow(/^(?!.*canary)/);
  });
});

describe('toApprovalRequest', () => {
  it('has the shape of humanInTheLoopMiddleware', () => {
    expect(request).toEqual({
      actionRequests: [action('make'), action('break')],
      reviewConfigs: [
        { actionName: 'make', allowedDecisions: ['approve', 'edit', 'reject'] },
        { actionName: 'break', allowedDecisions: ['approve', 'edit', 'reject'] },
      ],
    });
  });
});

describe('isApprovalRequest', () => {
  it('knows a request from other interrupts', () => {
    expect(isApprovalRequest(request)).toBe(true);
    for (const other of [undefined, null, 'x', {}, { actionRequests: 1 }, { type: 'sign-in' }]) {
      expect(isApprovalRequest(other)).toBe(false);
    }
  });
});
