import { describe, expect, it } from 'vitest';
import { toRetryAfterMs } from '../../src/mcp-client/retry-after.js';

const now = Date.parse('Sat, 21 Nov 2026 12:00:00 GMT');

describe('toRetryAfterMs', () => {
  it.each([
    ['2', 2000],
    [' 0 ', 0],
    ['Sat, 21 Nov 2026 12:00:02 GMT', 2000],
    ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['2026', 2_026_000],
    ['', undefined],
  ])('reads %j as %s', (header, expected) => {
    expect(toRetryAfterMs(header, now)).toBe(expected);
  });
});
