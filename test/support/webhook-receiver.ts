/** Receives webhooks on loopback and keeps what came. */
import { EventEmitter, once } from 'node:events';
import { text } from 'node:stream/consumers';
import { startLoopbackListener } from '../../src/testing/loopback-listener.js';

/** A running receiver. */
export interface WebhookReceiver {
  readonly origin: string;
  /** Each request: method, path, headers and body. */
  readonly received: readonly string[];
  /** Resolves when as many requests have come. */
  atLeast(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Starts a receiver that answers 200 to everything. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: string[] = [];
  const changes = new EventEmitter();
  const listener = await startLoopbackListener((request, response) => {
    void text(request).then((body) => {
      received.push(
        `${request.method ?? ''} ${request.url ?? ''}\n${request.rawHeaders.join('\n')}\n${body}`,
      );
      changes.emit('webhook');
      response.end();
    });
  });
  return {
    origin: listener.origin,
    received,
    close: listener.stop,
    atLeast: async (count) => {
      while (received.length < count) await once(changes, 'webhook');
    },
  };
}
