import { describe, expect, it } from 'vitest';
import { toBearerToken } from '../../src/auth/bearer-token.js';
import { createRunTokens } from '../../src/server/run-tokens.js';

describe('createRunTokens', () => {
  it('gives a run its own token', () => {
    const tokens = createRunTokens();
    const token = toBearerToken('a');
    tokens.set('run-1', token, 4_000_000_000);

    expect(tokens.get('run-1')).toBe(token);
    expect(tokens.get('run-2')).toBeUndefined();
  });

  it('forgets the oldest beyond its bound', () => {
    const tokens = createRunTokens({ maxRuns: 2 });
    for (const run of ['run-1', 'run-2', 'run-3']) tokens.set(run, toBearerToken(run), 4_000_000_000);

    expect(tokens.size()).toBe(2);
    expect(tokens.get('run-1')).toBeUndefined();
  });

  it('forgets tokens that have expired', () => {
    let now = 1_000_000;
    const tokens = createRunTokens({ clock: () => now });
    tokens.set('run-1', toBearerToken('a'), 1_060);
    now = 1_061_000;
    tokens.set('run-2', toBearerToken('b'), 2_000);

    expect(tokens.size()).toBe(1);
    expect(tokens.get('run-1')).toBeUndefined();
  });
});
