/** Reads one resource of a server as one person. */
import { OutcomeError } from '../outcomes.js';
import { isBrokenConnection, toFailedCall, toOutcomeError } from './call-failure.js';
import type { LiveToolSource } from './send-call.js';
import { toListEnd } from './send-call.js';

/** How a resource is read. */
export interface ResourceRead {
  /** Stops the read. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gives the text of a resource, its parts joined.
 *
 * @throws {@link OutcomeError}; `contract` for a resource that holds no text.
 * @see MCP 2025-11-25, "Resources", "Reading Resources"
 */
export async function readResource(
  { pool, onListEnd, observer: _observer, ...borrower }: LiveToolSource,
  uri: string,
  { signal }: ResourceRead,
): Promise<string> {
  const { server } = borrower;
  try {
    const { contents } = await pool.lend({
      ...borrower,
      isBroken: (error) => signal?.aborted !== true && isBrokenConnection(error),
      isRead: true,
      signal,
      use: (client, timeout) =>
        client.request({ method: 'resources/read', params: { uri } }, { timeout, ...(signal && { signal }) }),
    });
    const texts = contents.flatMap((part) => ('text' in part ? [part.text] : []));
    if (texts.length > 0) return texts.join('\n');
  } catch (error) {
    if (toListEnd(error) === 'refused') onListEnd?.('refused');
    throw toOutcomeError(error, toFailedCall(server, false));
  }
  throw new OutcomeError({
    outcome: 'contract',
    message: `The server "${server.name}" has no text at ${uri}.`,
  });
}
