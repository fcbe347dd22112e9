/** Sends what waits for no answer: a notification, or the end of a session. */
import { openExchange } from './exchange.js';
import type { FetchLimits } from './fetch-limits.js';

/**
 * Sends a request whose reply is of no use but for its status. The body of a good reply is not waited for, as the SDK
 * would; a reply that does not come in time rejects.
 *
 * @throws {@link AnswerLostError} `silent` when there is no reply in time; what `fetch` throws.
 */
export async function sendNotice(
  fetch: (init: RequestInit) => Promise<Response>,
  init: RequestInit | undefined,
  { connectMs }: FetchLimits,
): Promise<Response> {
  const exchange = openExchange(init?.signal);
  exchange.limit(connectMs);
  try {
    const response = await fetch({ ...init, signal: exchange.signal });
    if (!response.ok) return response;
    void response.body?.cancel().catch(() => undefined);
    return new Response(null, { status: response.status, headers: response.headers });
  } finally {
    exchange.finish();
  }
}
