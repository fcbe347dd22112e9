import { describe, expect, it } from 'vitest';
import { createRetryBudget } from '../../src/mcp-client/retry-budget.js';

describe('createRetryBudget', () => {
  it('holds so many retries, and earns one for so many good requests', () => {
    const budget = createRetryBudget({ most: 2, requestsPerRetry: 2 });

    expect([budget.spend(), budget.spend(), budget.spend()]).toEqual([true, true, false]);
    budget.earn();
    expect(budget.spend()).toBe(false);
    budget.earn();
    expect(budget.spend()).toBe(true);
  });

  it('holds no more than at first', () => {
    const budget = createRetryBudget({ most: 1, requestsPerRetry: 1 });
    for (let earned = 0; earned < 5; earned += 1) budget.earn();

    expect([budget.spend(), budget.spend()]).toEqual([true, false]);
  });
});
