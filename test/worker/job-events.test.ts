import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JobEvent } from '../../src/contracts/worker-jobs.js';
import type { Attempt } from '../../src/worker/job-attempts.js';
import { AttemptLostError } from '../../src/worker/job-attempts.js';
import { createJobTeller } from '../../src/worker/job-events.js';

const piece = (text: string, messageId = 'a'): JobEvent => ({ type: 'text', messageId, text });
const progress: JobEvent = { type: 'progress', data: 1 };

function recordingAttempt() {
  const told: JobEvent[][] = [];
  // What a teller uses of an attempt.
  const attempt = { tell: async (events: readonly JobEvent[]) => void told.push([...events]) } as Attempt;
  return { told, attempt };
}

describe('createJobTeller', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('joins pieces of one message until something else comes', async () => {
    const { told, attempt } = recordingAttempt();
    const teller = createJobTeller(attempt);
    for (const event of [piece('a'), piece('b'), progress, piece('c'), piece('d', 'b')])
      await teller.tell(event);
    await teller.flush();

    expect(told.filter((events) => events.length > 0)).toEqual([
      [piece('ab'), progress],
      [piece('c')],
      [piece('d', 'b')],
    ]);
  });

  it('tells a piece that nothing follows after a moment', async () => {
    const { told, attempt } = recordingAttempt();
    await createJobTeller(attempt, { joinMs: 50 }).tell(piece('a'));
    await vi.advanceTimersByTimeAsync(49);
    const before = told.length;
    await vi.advanceTimersByTimeAsync(1);

    expect([before, told]).toEqual([0, [[piece('a')]]]);
  });

  it('tells a long piece at once', async () => {
    const { told, attempt } = recordingAttempt();
    await createJobTeller(attempt).tell(piece('x'.repeat(2000)));

    expect(told).toHaveLength(1);
  });

  it('cuts a long answer of a tool, and leaves out progress that is too long', async () => {
    const { told, attempt } = recordingAttempt();
    const teller = createJobTeller(attempt);
    const result = { type: 'tool-result', toolCallId: 'c', tool: 't', status: 'success' } as const;
    await teller.tell({ ...result, content: 'x'.repeat(20_001) });
    await teller.tell({ type: 'progress', data: 'x'.repeat(16_001) });

    expect(told.flat()).toEqual([
      { ...result, content: `${'x'.repeat(20_000)}…` },
      { type: 'progress', data: { leftOut: expect.any(String) } },
    ]);
  });

  it('leaves out progress beyond the bound, and nothing else', async () => {
    const { told, attempt } = recordingAttempt();
    const teller = createJobTeller(attempt);
    for (let count = 0; count < 10_001; count += 1) await teller.tell(progress);
    await teller.tell({ type: 'handed-over', reason: 'x' });

    expect(told.flat()).toHaveLength(10_001);
    expect(told.flat().at(-1)).toMatchObject({ type: 'handed-over' });
  });

  it('says at once when a piece could not be told, and fails from then on', async () => {
    const lost = new AttemptLostError();
    const onFailed = vi.fn();
    const attempt = { tell: () => Promise.reject(lost) } as unknown as Attempt;
    const teller = createJobTeller(attempt, { joinMs: 1, onFailed });
    await teller.tell(piece('a'));
    await vi.advanceTimersByTimeAsync(1);

    expect(onFailed).toHaveBeenCalledWith(lost);
    await expect(teller.tell(progress)).rejects.toBe(lost);
  });
});
