import { describe, expect, it } from 'vitest';
import { toOutcomeMessage } from '../../src/middleware/outcome-message.js';
import { outcomes } from '../../src/outcomes.js';

const call = { name: 'make', id: 'call_1' };

describe('toOutcomeMessage', () => {
  it('answers the call as an error, with the table’s sentences', () => {
    const message = toOutcomeMessage({ outcome: 'conflict' }, call);

    expect(message).toMatchObject({ status: 'error', name: 'make', tool_call_id: 'call_1' });
    const { user, model } = outcomes.conflict;
    expect(JSON.parse(message.text)).toEqual({ outcome: 'conflict', message: user, next: model });
  });

  it('takes the call’s own sentence, issues and details', () => {
    const failure = {
      outcome: 'invalid-argument',
      message: 'One thing.',
      issues: [{ path: 'a', message: 'b' }],
      details: 'words of the server',
    } as const;

    const message = toOutcomeMessage(failure, call);

    expect(JSON.parse(message.text)).toEqual({ ...failure, next: outcomes['invalid-argument'].model });
    expect(message.artifact).toEqual(failure);
  });

  it('leaves empty details out', () => {
    expect(toOutcomeMessage({ outcome: 'conflict', details: '' }, call).text).not.toContain('details');
  });
});
