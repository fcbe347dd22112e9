/** Passes on that a server’s tools changed, however often the server says so. */

/** What {@link createToolsChangedTeller} gives. */
export interface ToolsChangedTeller {
  /** Notes that the server said so. */
  note(): void;
  /** Passes on what is not told yet; nothing is told later. */
  close(): void;
}

/** Longest wait before a change is told that follows another, in milliseconds. */
export const toolsChangedMs = 1000;

/**
 * Creates a teller that tells of a change at once, and of all that follow within a second once, at the end of it.
 * What `tell` throws goes to `onFault`.
 */
export function createToolsChangedTeller(
  tell: () => void,
  onFault: (error: unknown) => void,
): ToolsChangedTeller {
  let timer: NodeJS.Timeout | undefined;
  let isDue = false;
  const pass = (): void => {
    isDue = false;
    try {
      tell();
    } catch (error) {
      // Thrown on, it would end the process: nobody stands above a timer.
      onFault(error);
    }
  };
  const onTime = (): void => {
    timer = undefined;
    if (!isDue) return;
    pass();
    timer = setTimeout(onTime, toolsChangedMs).unref();
  };
  return {
    note() {
      isDue = true;
      if (timer !== undefined) return;
      pass();
      timer = setTimeout(onTime, toolsChangedMs).unref();
    },
    close() {
      clearTimeout(timer);
      timer = undefined;
      if (isDue) pass();
    },
  };
}
