import { describe, expect, it } from 'vitest';
import { OutcomeError, isOutcomeError, outcomes } from '../src/outcomes.js';

describe('outcomes', () => {
  it('are the closed set', () => {
    expect(Object.keys(outcomes)).toEqual([
      'ok',
      'invalid-argument',
      'unauthenticated',
      'token-expired',
      'permission-denied',
      'not-found',
      'conflict',
      'unavailable',
      'unknown-result',
      'cancelled',
      'contract',
    ]);
  });

  it.each(Object.entries(outcomes))(
    '%s has a sentence for each and a retry rule',
    (_name, { user, model, retry }) => {
      expect(user).toMatch(/^[A-Z].*\.$/);
      expect(model).toMatch(/^[A-Z].*\.$/);
      expect(['none', 'later', 'changed', 'search-first']).toContain(retry);
    },
  );
});

describe('OutcomeError', () => {
  it('speaks the call’s sentence, or the table’s', () => {
    expect(new OutcomeError({ outcome: 'conflict' }).message).toBe(outcomes.conflict.user);
    expect(new OutcomeError({ outcome: 'conflict', message: 'Taken.' }).message).toBe('Taken.');
  });

  it('bears the name that mcp-adapters rethrows', () => {
    const error = new OutcomeError({ outcome: 'conflict' });

    expect(error.name).toBe('ToolException');
    expect(isOutcomeError(error)).toBe(true);
    expect(isOutcomeError(new Error('x'))).toBe(false);
  });
});
