import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createToolsChangedTeller, toolsChangedMs } from '../../src/mcp-client/tools-changed.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function createTeller(tell = vi.fn()) {
  const onFault = vi.fn();
  return { tell, onFault, ...createToolsChangedTeller(tell, onFault) };
}

describe('createToolsChangedTeller', () => {
  it('tells of the first change at once, and of a thousand more once, a second later', () => {
    const { tell, note } = createTeller();

    for (let times = 0; times < 1000; times += 1) note();
    expect(tell).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(toolsChangedMs);

    expect(tell).toHaveBeenCalledTimes(2);
  });

  it('tells once a second while changes go on, and lets go of its timer after', () => {
    const { tell, note } = createTeller();

    for (let tenths = 0; tenths < 35; tenths += 1) {
      note();
      vi.advanceTimersByTime(100);
    }
    vi.advanceTimersByTime(5000);

    expect(tell).toHaveBeenCalledTimes(5);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tells at its end what is not told yet', () => {
    const { tell, note, close } = createTeller();
    note();
    note();

    close();

    expect(tell).toHaveBeenCalledTimes(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('passes on what its receiver throws, also when nobody stands above', () => {
    const fault = new Error('of the receiver');
    const { note, onFault } = createTeller(
      vi.fn(() => {
        throw fault;
      }),
    );
    note();
    note();

    vi.advanceTimersByTime(toolsChangedMs);

    expect(onFault.mock.calls).toEqual([[fault], [fault]]);
  });
});
