/** Tells when a client can be used no more. */
import type { Client } from '@modelcontextprotocol/client';

/** Calls `onEnd` when the client’s connection has ended: by itself or by `close`. Gives the same client. */
export function watchEnd(client: Client, onEnd: () => void): Client {
  return Object.assign(client, { onclose: onEnd });
}
