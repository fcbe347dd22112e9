import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseMcpServers } from '../../src/config/mcp-servers.js';
import { createServerDiscoveries } from '../../src/mcp-client/server-discoveries.js';

const entries = {
  http: { type: 'http', url: 'http://127.0.0.1:1/' },
  stdio: { type: 'stdio', command: 'node' },
};
const [http, stdio] = parseMcpServers(JSON.stringify({ mcpServers: entries }), { file: 'f', env: {} });
const legacy = { discovery: { kind: 'legacy' }, isSession: false } as const;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('createServerDiscoveries', () => {
  it('takes a server for one of the older era for ten minutes, however many clients find it so', () => {
    const { learn, priorOf } = createServerDiscoveries();
    learn(http!, legacy, undefined);
    vi.advanceTimersByTime(500_000);
    learn(http!, legacy, priorOf(http!));
    expect(priorOf(http!)).toEqual({ kind: 'legacy' });

    vi.advanceTimersByTime(100_000);

    expect(priorOf(http!)).toBeUndefined();
  });

  it('asks a process once', () => {
    const { learn, priorOf } = createServerDiscoveries();
    learn(stdio!, legacy, undefined);

    vi.advanceTimersByTime(86_400_000);

    expect(priorOf(stdio!)).toEqual({ kind: 'legacy' });
  });

  it('remembers a server of sessions also when it is asked anew', () => {
    const { learn, forget, keepsSessions, priorOf } = createServerDiscoveries();
    learn(http!, { ...legacy, isSession: true }, undefined);

    forget(http!);

    expect(priorOf(http!)).toBeUndefined();
    expect(keepsSessions(http!)).toBe(true);
  });
});
