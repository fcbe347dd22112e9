import { describe, expect, it } from 'vitest';
import {
  honoursIdempotencyKey,
  idempotencyKey,
  idempotencyKeyName,
  leastKeptMs,
  longestRepeatMs,
} from '../../src/contracts/idempotency-key.js';

describe('an idempotency key', () => {
  it('has a name that MCP allows in _meta', () => {
    expect(idempotencyKeyName).toMatch(/^[a-z](?:[a-z0-9-]*[a-z0-9])?\/[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?$/);
  });

  it.each(['k', 'k'.repeat(128), 'ключ'])('may be %j', (key) => {
    expect(idempotencyKey.safeParse(key).success).toBe(true);
  });

  it.each([undefined, null, 7, '', 'k'.repeat(129), 'a\nb', 'a\u0000', '\u007f', '\u0085'])(
    'is not %j',
    (key) => {
      expect(idempotencyKey.safeParse(key).success).toBe(false);
    },
  );

  it('is not sent again when a server may have dropped it', () => {
    expect(longestRepeatMs).toBeLessThan(leastKeptMs);
  });
});

describe('honoursIdempotencyKey', () => {
  it('believes a definition that says true, and no other', () => {
    expect(honoursIdempotencyKey({ _meta: { [idempotencyKeyName]: true } })).toBe(true);
    for (const said of [undefined, null, false, 'true', 1, {}])
      expect(honoursIdempotencyKey({ _meta: { [idempotencyKeyName]: said } })).toBe(false);
    expect(honoursIdempotencyKey({})).toBe(false);
  });
});
