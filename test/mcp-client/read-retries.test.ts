import { SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { AnswerLostError } from '../../src/mcp-client/fetch/answer-failure.js';
import { retryRead } from '../../src/mcp-client/read-retries.js';
import { createRetryBudget } from '../../src/mcp-client/retry-budget.js';
import { OutcomeError } from '../../src/outcomes.js';

const http = (status: number) => new SdkHttpError(SdkErrorCode.ClientHttpNotImplemented, 'no', { status });
const lost = new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNRESET' }) });
const busy = (retryAfterMs: number) => new OutcomeError({ outcome: 'unavailable', retryAfterMs });

/** Fails with each of the errors in turn, then gives `done`. */
function failing(...errors: readonly Error[]) {
  const left = [...errors];
  const told: number[] = [];
  const read = (leftMs: number): Promise<string> => {
    told.push(leftMs);
    const error = left.shift();
    return error === undefined ? Promise.resolve('done') : Promise.reject(error);
  };
  return { read, told };
}

const options = (budget = createRetryBudget()) => ({ budget, delayMs: 1 });

describe('retryRead', () => {
  it.each<[string, Error]>([
    ['a lost connection', lost],
    ['a lost answer', new AnswerLostError('lost')],
    ...[408, 425, 429, 502, 503, 504].map((status): [string, Error] => [
      `HTTP ${String(status)}`,
      http(status),
    ]),
    ['a server that asks to wait', busy(1)],
    ['the same as an outcome', new OutcomeError({ outcome: 'unavailable' }, { cause: lost })],
  ])('makes a read again after %s', async (_title, error) => {
    const { read, told } = failing(error);

    await expect(retryRead({ read, timeoutMs: 60_000 }, options())).resolves.toBe('done');

    expect(told).toHaveLength(2);
  });

  it.each<[string, Error]>([
    ...[400, 401, 403, 404, 500, 501].map((status): [string, Error] => [
      `HTTP ${String(status)}`,
      http(status),
    ]),
    ['an answer that is too large', new AnswerLostError('too-large')],
    ['a silence', new AnswerLostError('silent')],
    ['a breaker that is open', new OutcomeError({ outcome: 'unavailable' })],
    ['a refusal', new OutcomeError({ outcome: 'permission-denied' })],
  ])('does not repeat one after %s', async (_title, error) => {
    const { read, told } = failing(error);

    await expect(retryRead({ read, timeoutMs: 60_000 }, options())).rejects.toBe(error);

    expect(told).toHaveLength(1);
  });

  it('gives up after two repetitions, with the last error', async () => {
    const last = http(504);
    const { read, told } = failing(http(502), http(503), last);

    await expect(retryRead({ read, timeoutMs: 60_000 }, options())).rejects.toBe(last);

    expect(told).toHaveLength(3);
  });

  it('does not wait for longer than there is time', async () => {
    const asked = busy(60_000);
    const { read, told } = failing(asked);

    await expect(retryRead({ read, timeoutMs: 59_000 }, options())).rejects.toBe(asked);

    expect(told).toHaveLength(1);
  });

  it('tells each try how much time is left', async () => {
    const { read, told } = failing(lost, lost);

    await retryRead({ read, timeoutMs: 60_000 }, options());

    expect(told).toEqual([...told].sort((a, b) => b - a));
    expect(told[0]).toBeLessThanOrEqual(60_000);
  });

  it('repeats nothing when the budget is used up', async () => {
    const budget = createRetryBudget({ most: 1 });
    await retryRead({ read: failing(lost).read, timeoutMs: 60_000 }, options(budget));

    await expect(retryRead({ read: failing(lost).read, timeoutMs: 60_000 }, options(budget))).rejects.toBe(
      lost,
    );
  });

  it('ends its wait when the caller aborts', async () => {
    const controller = new AbortController();
    const { read } = failing(busy(30_000));
    const call = retryRead({ read, timeoutMs: 60_000, signal: controller.signal }, options());

    await Promise.resolve();
    controller.abort();

    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  });
});
