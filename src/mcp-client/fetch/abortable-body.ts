/** Ends a body with the signal of its request. */

/**
 * Gives the same response with a body that is cancelled when the signal aborts: the global `fetch`, which may be
 * handed in, forgets to once its request was collected as garbage (undici 6.24.1: its listener goes with the request).
 */
export function withAbortableBody(response: Response, signal: AbortSignal | null | undefined): Response {
  if (response.body === null || signal === null || signal === undefined) return response;
  const body: ReadableStream<Uint8Array> = response.body;
  const reader = body.getReader();
  const cancel = (): void => {
    // It may have broken by itself.
    reader.cancel(signal.reason).catch(() => undefined);
  };
  signal.addEventListener('abort', cancel, { once: true });
  const forget = (): void => {
    signal.removeEventListener('abort', cancel);
  };
  const ended = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = await reader.read();
      // What was cancelled ends as what is over does.
      signal.throwIfAborted();
      if (!chunk.done) {
        controller.enqueue(chunk.value);
        return;
      }
      forget();
      controller.close();
    },
    cancel(reason) {
      forget();
      return reader.cancel(reason);
    },
  });
  return new Response(ended, response);
}
