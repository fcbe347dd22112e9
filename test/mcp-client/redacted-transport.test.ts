import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { createRedactedTransport } from '../../src/mcp-client/redacted-transport.js';
import { createSecretRedactor } from '../../src/mcp-client/secret-redactor.js';

const secret = 'opaque-token-of-alice';

function createPair() {
  const did: unknown[] = [];
  const inner: Transport = {
    hasPerRequestStream: true,
    sessionId: 'session-1',
    start: async () => void did.push('start'),
    send: async (...sent) => void did.push(sent),
    close: async () => void did.push('close'),
    setProtocolVersion: (version) => void did.push(version),
  };
  const redactor = createSecretRedactor();
  redactor.learn(secret);
  return { inner, outer: createRedactedTransport(inner, redactor), did };
}

function message(text: string): JSONRPCMessage {
  return { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text }] } };
}

describe('createRedactedTransport', () => {
  it('hands each message on without the secret, to the handler of the moment', () => {
    const { inner, outer } = createPair();
    const first: unknown[] = [];
    const second: unknown[] = [];

    inner.onmessage?.(message('nobody listens yet'));
    outer.onmessage = (got) => void first.push(got);
    inner.onmessage?.(message(`your ${secret}`));
    outer.onmessage = (got) => void second.push(got);
    inner.onmessage?.(message('clean'));

    expect(first).toEqual([message('your [redacted]')]);
    expect(second).toEqual([message('clean')]);
  });

  it('sends what the client sends', async () => {
    const { outer, did } = createPair();
    const options = { requestSignal: new AbortController().signal };

    await outer.start();
    await outer.send(message(secret), options);
    outer.setProtocolVersion?.('2025-11-25');
    outer.setSupportedProtocolVersions?.(['2025-11-25']);
    await outer.close();

    expect(did).toEqual(['start', [message(secret), options], '2025-11-25', 'close']);
    expect([outer.sessionId, outer.hasPerRequestStream]).toEqual(['session-1', true]);
  });

  it('tells of errors and of the end', () => {
    const { inner, outer } = createPair();
    const told: unknown[] = [];
    outer.onerror = ({ message: words }) => void told.push(words);
    outer.onclose = () => void told.push('closed');

    inner.onerror?.(new Error('broken'));
    inner.onclose?.();

    expect(told).toEqual(['broken', 'closed']);
  });
});
