/**
 * Hands the slot of a tool call to the wrapper that is called.
 * LangChain freezes a hook’s runtime, so the slot travels with the asynchronous context of the call: two calls at the
 * same time, of two users or two graphs, each see their own.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { NotWiredError } from '../errors.js';
import type { Slot } from './slots.js';

const storage = new AsyncLocalStorage<Slot>();

/** Runs `work` so that wrappers called in it find this slot. */
export function withSlot<Result>(slot: Slot, work: () => Promise<Result>): Promise<Result> {
  return storage.run(slot, work);
}

/**
 * Gives the slot of the call that is running.
 *
 * @throws {@link NotWiredError} outside a tool call that `mcpToolsMiddleware` wraps.
 */
export function requireSlot(): Slot {
  const slot = storage.getStore();
  if (slot === undefined) {
    throw new NotWiredError(
      'A wrapper tool was called without mcpToolsMiddleware; add it to the agent’s middleware.',
    );
  }
  return slot;
}
