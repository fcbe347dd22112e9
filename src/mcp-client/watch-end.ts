/** Tells when a client can be used no more. */
import type { Client } from '@modelcontextprotocol/client';

/** Calls `onEnd`, once, when the client’s connection has ended: by itself or by `close`. Gives the same client. */
export function watchEnd(client: Client, onEnd: () => void): Client {
  const { onclose: onEndBefore } = client;
  let isOver = false;
  const onclose = (): void => {
    onEndBefore?.();
    if (!isOver) onEnd();
    isOver = true;
  };
  return Object.assign(client, { onclose });
}
