import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AnswerLostError } from '../../src/mcp-client/fetch/answer-failure.js';
import { createServerBreaker } from '../../src/mcp-client/server-breaker.js';

const url = 'http://127.0.0.1:1/mcp';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

const refused = () =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) });

/** A breaker before a server that answers as told, and how often it was asked. */
function create() {
  const breaker = createServerBreaker('platform', { failures: 3, restMs: 1000 });
  const state = { answer: (): Response | Error => new Response(), asked: 0 };
  const fetch = breaker.guard(() => {
    state.asked += 1;
    const answer = state.answer();
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  });
  const post = (method = 'tools/call', init: RequestInit = {}) =>
    fetch(url, { method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: 1, method }), ...init });
  const fail = async (times: number, answer: () => Response | Error) => {
    state.answer = answer;
    for (let time = 0; time < times; time += 1) await post().catch(() => undefined);
  };
  return { breaker, state, fetch, post, fail };
}

describe('createServerBreaker', () => {
  it.each([
    ['refused connections', refused],
    ['HTTP 500', () => new Response(null, { status: 500 })],
    ['HTTP 503', () => new Response(null, { status: 503 })],
  ])('opens after %s, and then sends nothing', async (_title, answer) => {
    const { breaker, state, post, fail } = create();

    await fail(3, answer);

    expect(breaker.state()).toBe('open');
    await expect(post()).rejects.toMatchObject({ failure: { outcome: 'unavailable' } });
    expect(state.asked).toBe(3);
  });

  it.each([400, 401, 403, 404, 408, 429])(
    'stays closed at HTTP %i, which shows a server that works',
    async (status) => {
      const { breaker, fail } = create();
      await fail(2, refused);

      await fail(1, () => new Response(null, { status }));
      await fail(2, refused);

      expect(breaker.state()).toBe('closed');
    },
  );

  it('stays closed when a redirect was refused, a caller aborted, or one tool was slow', async () => {
    const { breaker, fail } = create();

    await fail(4, () => new TypeError('fetch failed', { cause: new Error('unexpected redirect') }));
    await fail(4, () => new DOMException('Aborted', 'AbortError'));
    await fail(4, () => new AnswerLostError('silent'));

    expect(breaker.state()).toBe('closed');
  });

  it('opens when connections are not made in time', async () => {
    const { breaker, state, post } = create();
    const signal = AbortSignal.abort();
    state.answer = () => new AnswerLostError('silent');

    for (let time = 0; time < 3; time += 1) await post('initialize', { signal }).catch(() => undefined);

    expect(breaker.state()).toBe('open');
  });

  it('tries one request after its rest, and closes when that goes well', async () => {
    const { breaker, state, post, fail } = create();
    await fail(3, refused);
    vi.advanceTimersByTime(1000);
    let finish = (_response: Response): void => undefined;
    const trial = new Promise<Response>((resolve) => (finish = resolve));
    state.answer = () => new Response();
    const slow = breaker.guard(() => trial);

    const trying = slow(url, { method: 'POST', body: '{}' });
    expect(breaker.state()).toBe('half-open');
    await expect(post()).rejects.toMatchObject({ failure: { outcome: 'unavailable' } });
    finish(new Response());
    await trying;

    expect(breaker.state()).toBe('closed');
    await post();
    expect(state.asked).toBe(4);
  });

  it('learns nothing from a trial that its caller gives up, and tries the next request', async () => {
    const { breaker, state, post, fail } = create();
    await fail(3, refused);
    vi.advanceTimersByTime(1000);
    const signal = AbortSignal.abort();
    state.answer = () => new DOMException('Aborted', 'AbortError');

    for (let time = 0; time < 2; time += 1)
      await expect(post('tools/call', { signal })).rejects.toThrow('Aborted');

    expect(breaker.state()).toBe('half-open');
    await fail(1, refused);
    expect(breaker.state()).toBe('open');
    expect(state.asked).toBe(6);
  });

  it('learns nothing from a trial whose tool is slow, and something from one that does not connect', async () => {
    const { breaker, state, post, fail } = create();
    await fail(3, refused);
    vi.advanceTimersByTime(1000);
    const signal = AbortSignal.abort();
    state.answer = () => new AnswerLostError('silent');

    await post('tools/call', { signal }).catch(() => undefined);
    expect(breaker.state()).toBe('half-open');
    await post('initialize', { signal }).catch(() => undefined);

    expect(breaker.state()).toBe('open');
  });

  it('waits for a slow trial no longer than it is told, and the first answer closes it', async () => {
    const { breaker, state, fail } = create();
    await fail(3, refused);
    vi.advanceTimersByTime(1000);
    const answers: ((response: Response) => void)[] = [];
    const fetch = breaker.guard(() => new Promise((resolve) => answers.push(resolve)), { trialMs: 500 });
    const post = () => fetch(url, { method: 'POST', body: '{}' });

    const slow = post();
    vi.advanceTimersByTime(499);
    await expect(post()).rejects.toMatchObject({ failure: { outcome: 'unavailable' } });
    vi.advanceTimersByTime(1);
    const next = post();
    await expect(post()).rejects.toMatchObject({ failure: { outcome: 'unavailable' } });
    answers[1]?.(new Response());
    await next;

    expect(breaker.state()).toBe('closed');
    answers[0]?.(new Response(null, { status: 500 }));
    expect(await slow).toMatchObject({ status: 500 });
    expect(breaker.state()).toBe('closed');
    expect(state.asked).toBe(3);
  });

  it('rests longer after each trial that failed', async () => {
    const { breaker, state, post, fail } = create();
    await fail(3, refused);
    vi.advanceTimersByTime(1000);
    await post().catch(() => undefined);

    vi.advanceTimersByTime(999);
    await post().catch(() => undefined);
    expect(state.asked).toBe(4);

    vi.advanceTimersByTime(1001);
    state.answer = () => new Response();
    await post();
    expect(breaker.state()).toBe('closed');
  });

  it('leaves the listening stream and the end of a session alone', async () => {
    const { breaker, state, fetch, fail } = create();
    state.answer = refused;
    for (let time = 0; time < 5; time += 1) await fetch(url, { method: 'GET' }).catch(() => undefined);
    expect(breaker.state()).toBe('closed');
    await fail(3, refused);

    state.answer = () => new Response();

    await expect(fetch(url, { method: 'DELETE' })).resolves.toBeInstanceOf(Response);
  });
});
