/** Makes the body of an event stream out of a function that produces its events. */

/** Where the events come from. */
export interface EventSource {
  /** Produces events until it settles; the body ends then, however it settles. */
  readonly run: (emit: (event: string) => void) => Promise<void>;
  /** Called when nobody reads the body any more. */
  readonly onCancel: (reason: unknown) => void;
}

/** Creates a body that carries the events as they come. What is produced after its end is dropped. */
export function createEventBody({ run, onCancel }: EventSource): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let isOpen = true;
  return new ReadableStream({
    start(controller) {
      const close = (): void => {
        if (isOpen) controller.close();
        isOpen = false;
      };
      const emit = (event: string): void => {
        if (isOpen) controller.enqueue(encoder.encode(event));
      };
      void run(emit).then(close, close);
    },
    cancel(reason) {
      isOpen = false;
      onCancel(reason);
    },
  });
}
