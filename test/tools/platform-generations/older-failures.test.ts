import { describe, expect, it } from 'vitest';
import { requireNoFailure } from '../../../src/tools/platform-generations/older-failures.js';

describe('requireNoFailure', () => {
  it.each([
    [[]],
    [{ metadata: { id: 'r' } }],
    [{ error: 'a state of its own' }],
    [{ message: 'a text' }],
    [{ error: 3, message: 'x' }],
    ['text'],
    [null],
  ])('takes %j for an answer', (answer) => {
    expect(() => requireNoFailure(answer, false)).not.toThrow();
  });

  it.each([
    ['a read', false, 'unavailable'],
    ['a write, which may have been made', true, 'unknown-result'],
  ])('tells an exhausted resource of %s', (_title, isWrite, outcome) => {
    const message = 'grpc: received message larger than max (5000000 vs. 4194304)';

    expect(() => requireNoFailure({ error: 'ResourceExhausted', message }, isWrite)).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ outcome }) as unknown }),
    );
  });

  it('gives its words and its hint as details, without tokens', () => {
    const token = `eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.${'c'.repeat(20)}`;
    const told = (): void => requireNoFailure({ error: 'X', message: `no ${token}`, hint: 'Ask.' }, false);

    expect(told).toThrow(
      expect.objectContaining({
        failure: expect.objectContaining({
          details: expect.stringMatching(/^no \S+ Ask\.$/) as unknown,
        }) as unknown,
      }),
    );
    expect(told).not.toThrow(token);
  });
});
