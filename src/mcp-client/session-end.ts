/** Ends a session on the server when its client closes: the SDK’s `close` alone leaves it there. */
import type { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/**
 * Makes `close` send the DELETE of the session first, where there is one; it waits for the reply at most so long.
 * A server that refuses or does not answer keeps nothing from closing.
 *
 * @see MCP 2025-11-25, "Session Management"; https://github.com/modelcontextprotocol/typescript-sdk/issues/2175
 */
export function endSessionOnClose(transport: StreamableHTTPClientTransport, waitMs: number): void {
  const close = transport.close.bind(transport);
  transport.close = async () => {
    if (transport.sessionId !== undefined) await endSession(transport, waitMs);
    await close();
  };
}

async function endSession(transport: StreamableHTTPClientTransport, waitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const ending = transport.terminateSession().catch(() => undefined);
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, waitMs);
  });
  try {
    await Promise.race([ending, patience]);
  } finally {
    clearTimeout(timer);
  }
}
