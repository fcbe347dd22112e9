import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { ProtocolError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import type { SessionRequests } from '../../src/mcp-client/session-requests.js';
import { continueRequests } from '../../src/mcp-client/session-requests.js';

function joinSession(
  requests: SessionRequests,
  { fails, ...other }: Partial<Transport> & { fails?: Error } = {},
) {
  const sent: JSONRPCMessage[] = [];
  const transport: Transport = {
    sessionId: 'session-1',
    start: () => Promise.resolve(),
    send: (message) => {
      sent.push(message);
      return fails === undefined ? Promise.resolve() : Promise.reject(fails);
    },
    close: () => Promise.resolve(),
    ...other,
  };
  const received = continueRequests(transport, requests);
  return { transport, received, sent };
}

function newSession(nextId = 0): SessionRequests {
  return { nextId, unanswered: new Set() };
}

function request(id: number, meta?: Record<string, number>): JSONRPCMessage {
  const params = { name: 'work', ...(meta && { _meta: meta }) };
  return { jsonrpc: '2.0', id, method: 'tools/call', params };
}

function answer(id: number): JSONRPCMessage {
  return { jsonrpc: '2.0', id, result: { content: [] } };
}

describe('continueRequests', () => {
  it('sends what the first client of a session sends', async () => {
    const { transport, received, sent } = joinSession(newSession());

    await transport.send(request(0, { progressToken: 0 }));

    expect(sent).toEqual([request(0, { progressToken: 0 })]);
    expect(received(answer(0))).toEqual(answer(0));
  });

  it('counts on from the client before, and gives each answer its own id', async () => {
    const requests = newSession();
    const first = joinSession(requests);
    for (const id of [0, 1, 2]) await first.transport.send(request(id));
    const second = joinSession(requests);

    await second.transport.send(request(0));
    await second.transport.send(request(1));

    expect(second.sent).toEqual([request(3), request(4)]);
    expect(second.received(answer(4))).toEqual(answer(1));
    expect(second.received(answer(1))).toEqual(answer(-2));
  });

  it('names the same request in its progress and in its cancellation', async () => {
    const { transport, received, sent } = joinSession(newSession(7));
    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled' } as const;
    const progress = { jsonrpc: '2.0', method: 'notifications/progress' } as const;

    await transport.send(request(1, { progressToken: 1, other: 1 }));
    await transport.send({ ...cancelled, params: { requestId: 1, reason: 'stopped' } });

    expect(sent).toEqual([
      request(8, { progressToken: 8, other: 1 }),
      { ...cancelled, params: { requestId: 8, reason: 'stopped' } },
    ]);
    expect(received({ ...progress, params: { progressToken: 8, progress: 1 } })).toEqual({
      ...progress,
      params: { progressToken: 1, progress: 1 },
    });
  });

  it('leaves the requests of the server alone, and the answers to them', async () => {
    const { transport, received, sent } = joinSession(newSession(7));
    const ping: JSONRPCMessage = { jsonrpc: '2.0', id: 3, method: 'ping' };

    expect(received(ping)).toBe(ping);
    await transport.send(answer(3));

    expect(sent).toEqual([answer(3)]);
  });

  it('knows which requests were answered', async () => {
    const requests = newSession(7);
    const { transport, received } = joinSession(requests);

    for (const id of [0, 1, 2]) await transport.send(request(id));
    received(answer(7));
    received({ jsonrpc: '2.0', id: 8, error: { code: -32602, message: 'no such tool' } });
    received({ jsonrpc: '2.0', id: 9, error: { code: -41_001, message: 'No answer came: lost.' } });

    expect([...requests.unanswered]).toEqual([9]);
  });

  it.each([
    ['is refused', httpError(403), 0],
    ['meets a gateway that has lost the server', httpError(502), 1],
    ['meets a connection that breaks', new TypeError('fetch failed'), 1],
    ['is answered with an error', new ProtocolError(-32602, 'no such tool'), 0],
  ])('counts a request that %s as its failure has it', async (_title, fails, unanswered) => {
    const requests = newSession();
    const { transport } = joinSession(requests, { fails });

    await expect(transport.send(request(0))).rejects.toBe(fails);

    expect(requests.unanswered.size).toBe(unanswered);
  });

  it('counts nothing where there is no session', async () => {
    const requests = newSession();
    const { transport } = joinSession(requests, { sessionId: undefined });

    await transport.send(request(0));

    expect(requests).toEqual({ nextId: 1, unanswered: new Set() });
  });
});

function httpError(status: number): SdkHttpError {
  return new SdkHttpError(SdkErrorCode.ClientHttpNotImplemented, 'no', { status, statusText: '' });
}
