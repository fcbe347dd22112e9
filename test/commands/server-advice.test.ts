import { describe, expect, it } from 'vitest';
import { adviseOn, areRequiredUp, toSummary } from '../../src/commands/server-advice.js';

const server = (name: string, state: string, required = true) => ({ name, state, required });

describe('areRequiredUp', () => {
  it('is true while each required server is up, whatever the others are', () => {
    expect(areRequiredUp([server('a', 'up'), server('b', 'unavailable', false)])).toBe(true);
    expect(areRequiredUp([server('a', 'up'), server('b', 'unavailable')])).toBe(false);
  });
});

describe('toSummary', () => {
  it('counts, and names the required servers that are not up', () => {
    expect(toSummary([server('a', 'up'), server('b', 'contract', false)])).toBe(
      '1 of 2 servers up; every required one is',
    );
    expect(toSummary([server('a', 'contract'), server('b', 'unavailable')])).toBe(
      '0 of 2 servers up; required and not up: a, b',
    );
  });
});

describe('adviseOn', () => {
  it('gives a next step for every state, also for one it does not know', () => {
    expect(
      new Set(['unavailable', 'unauthenticated', 'contract', 'new', 'toString'].map(adviseOn)).size,
    ).toBe(4);
  });
});
