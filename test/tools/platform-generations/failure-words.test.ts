import { describe, expect, it } from 'vitest';
import { toDetails } from '../../../src/tools/platform-generations/failure-words.js';

describe('toDetails', () => {
  it('keeps short words and cuts long ones', () => {
    expect(toDetails('no')).toBe('no');
    expect(toDetails('x'.repeat(5000))).toHaveLength(601);
  });

  it('takes tokens out', () => {
    const token = `eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.${'c'.repeat(20)}`;

    expect(toDetails(`Bearer ${token}`)).not.toContain(token);
  });
});
