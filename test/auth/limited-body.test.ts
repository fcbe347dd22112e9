import { describe, expect, it } from 'vitest';
import { readLimitedBody } from '../../src/auth/limited-body.js';

describe('readLimitedBody', () => {
  it('reads a body up to the limit as text', async () => {
    expect(await readLimitedBody(new Response('häm'), 4)).toBe('häm');
  });

  it('gives nothing of a body above the limit, and reads no more of it', async () => {
    let isCancelled = false;
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(10));
      },
      cancel: () => void (isCancelled = true),
    });

    expect(await readLimitedBody(new Response(body), 25)).toBeUndefined();
    expect(isCancelled).toBe(true);
    expect(pulled).toBeLessThan(6);
  });

  it('gives nothing where there is no body', async () => {
    expect(await readLimitedBody(new Response(null, { status: 204 }), 10)).toBeUndefined();
  });
});
