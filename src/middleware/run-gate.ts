/** The gate that every hook passes: token, principal, thread owner, slot. */
import type { Configurable } from '../runtime/run-config.js';
import { readThreadId, readUserToken } from '../runtime/run-config.js';
import type { Slot, Slots } from '../runtime/slots.js';
import type { ThreadOwner } from '../runtime/thread-owner.js';
import { requireOwner } from '../runtime/thread-owner.js';

/** The part of an agent’s state that the middleware keeps. */
export interface OwnedState {
  readonly _threadOwner?: ThreadOwner | undefined;
}

/** Lets a run in as its principal. */
export interface RunGate {
  /**
   * Verifies the run’s token and compares its principal with the thread’s owner, before anything is read or called.
   *
   * @throws {@link TokenMissingError}, {@link TokenInvalidError}, {@link KeysUnavailableError},
   * {@link PrincipalMismatchError}
   */
  enter(state: OwnedState, configurable: Configurable | undefined): Promise<Slot>;
}

/** Creates the gate to a set of slots, which are made when the first run comes. */
export function createRunGate(slots: () => Promise<Slots>): RunGate {
  return {
    async enter(state, configurable) {
      const token = readUserToken(configurable);
      const slot = await (await slots()).enter(readThreadId(configurable), token);
      requireOwner(state._threadOwner, slot.principal());
      return slot;
    },
  };
}
