import { describe, expect, it } from 'vitest';
import { idempotencyKey } from '../../src/contracts/idempotency-key.js';
import { toIdempotencyKey } from '../../src/tools/idempotency-key.js';

describe('toIdempotencyKey', () => {
  const call = { threadId: 'thread-of-alice', toolCallId: 'call_1' };

  it('gives one key for one call, and another for another call or thread', () => {
    const key = toIdempotencyKey(call);

    expect(toIdempotencyKey({ ...call })).toBe(key);
    expect(toIdempotencyKey({ ...call, toolCallId: 'call_2' })).not.toBe(key);
    expect(toIdempotencyKey({ ...call, threadId: 'thread-2' })).not.toBe(key);
    expect(toIdempotencyKey({ threadId: 'a', toolCallId: 'b,c' })).not.toBe(
      toIdempotencyKey({ threadId: 'a,b', toolCallId: 'c' }),
    );
  });

  it('is the same in every version that writes its prefix', () => {
    expect(toIdempotencyKey({ threadId: 't', toolCallId: 'c' })).toBe(
      'v1.Dj7tWBoxSWz82F2ejYRM36oHRTQKh9IKp-Xy_3nrvL0',
    );
  });

  it('keeps to the bounds of a key, and holds nothing of the call in clear', () => {
    const key = toIdempotencyKey({ threadId: 'thread-of-alice'.repeat(40), toolCallId: '\n' });

    expect(idempotencyKey.safeParse(key).success).toBe(true);
    expect(key).toMatch(/^v1\.[\w-]{43}$/);
  });
});
