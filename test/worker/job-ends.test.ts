import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { endCodes, endForSignIn, endWith, toEndedEvent } from '../../src/worker/job-ends.js';
import { readColumn } from '../support/markdown.js';

describe('the codes of ends', () => {
  it('have one row each in docs/worker.md', () => {
    const rows = readColumn(readFileSync('docs/worker.md', 'utf8'), 'code') ?? [];

    expect([...rows].sort()).toEqual([...endCodes]);
  });

  it('have one sentence each', () => {
    for (const code of endCodes) expect(endWith('failed', code).message).toMatch(/^[A-Z].+\.$/);
  });
});

describe('toEndedEvent', () => {
  it('leaves the code out where there is none', () => {
    expect(toEndedEvent({ result: 'done', message: 'yes' })).toEqual({
      ...{ type: 'ended', result: 'done', message: 'yes' },
    });
    expect(toEndedEvent(endWith('refused', 'turn-over'))).toMatchObject({ code: 'turn-over' });
    expect(toEndedEvent(endForSignIn('expired', 'Sign in.'))).toEqual({
      ...{ type: 'ended', result: 'waiting', message: 'Sign in.' },
    });
  });
});
