import { describe, expect, it } from 'vitest';
import {
  defaultLifecycle,
  stateAt,
  stateBeginnings,
  stateMessage,
} from '../../src/platform/resource-lifecycle.js';

const createdAt = '2026-01-02T03:04:05.000Z';
const at = (ms: number): number => Date.parse(createdAt) + ms;
const good = { created_at: createdAt, final_state: 'available' } as const;
const bad = { created_at: createdAt, final_state: 'failed' } as const;

describe('stateAt', () => {
  it.each([
    [0, 'pending'],
    [299, 'pending'],
    [300, 'creating'],
    [1499, 'creating'],
    [1500, 'available'],
    [1e9, 'available'],
    [-5, 'pending'],
  ])('after %i ms it is %s', (ms, state) => {
    expect(stateAt(good, at(ms), defaultLifecycle)).toBe(state);
  });

  it('ends in failed when that was asked for, and says so', () => {
    expect(stateAt(bad, at(1500), defaultLifecycle)).toBe('failed');
    expect(stateMessage('failed')).toMatch(/simulate:failed/);
  });
});

describe('stateBeginnings', () => {
  it('tells when each state begins, in order', () => {
    const beginnings = stateBeginnings(good, defaultLifecycle);

    expect(beginnings).toEqual([at(0), at(300), at(1500)]);
    expect(beginnings.map((ms) => stateAt(good, ms, defaultLifecycle))).toEqual([
      'pending',
      'creating',
      'available',
    ]);
  });
});
