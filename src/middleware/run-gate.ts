/** The gate that every hook passes: token, principal, thread owner, slot. */
import type { BearerToken } from '../auth/bearer-token.js';
import type { Principal } from '../auth/principal.js';
import { PrincipalMismatchError, TokenInvalidError } from '../errors.js';
import type { Logger } from '../logger.js';
import { OutcomeError } from '../outcomes.js';
import type { OwnerOfRun } from '../runtime/seal-run-config.js';
import type { Configurable } from '../runtime/run-config.js';
import { findUserToken, readServerPrincipal, readThreadId, readUserToken } from '../runtime/run-config.js';
import type { Slot, Slots } from '../runtime/slots.js';
import type { ThreadOwner } from '../runtime/thread-owner.js';
import { isOwner, requireOwner } from '../runtime/thread-owner.js';

/** The part of an agent’s state that the middleware keeps. */
export interface OwnedState {
  readonly _threadOwner?: ThreadOwner | undefined;
}

/** Lets a run in as its principal. */
export interface RunGate {
  /**
   * Lets a run begin, before LangGraph stores anything of it. A run of the agent server whose token ran out while it
   * waited for its turn begins too: its first step asks for a sign-in, so that its message is not lost.
   *
   * @throws {@link TokenMissingError}, {@link TokenInvalidError}, {@link KeysUnavailableError},
   * {@link PrincipalMismatchError}
   */
  admit(ownerOf: OwnerOfRun, configurable: Configurable | undefined): Promise<void>;
  /**
   * Verifies the run’s token and compares its principal with the thread’s owner, before anything is read or called.
   *
   * @throws {@link TokenMissingError}, {@link TokenInvalidError}, {@link KeysUnavailableError},
   * {@link PrincipalMismatchError}
   * @throws {@link OutcomeError} `token-expired` with `signIn` when the token of a run that was let in has run out.
   */
  enter(state: OwnedState, configurable: Configurable | undefined): Promise<Slot>;
  /**
   * Looks for the slot of a run that was let in before, on a thread that is recorded as its principal’s. It lets nobody
   * in, asks nobody and throws nothing.
   */
  find(state: OwnedState, configurable: Configurable | undefined): Slot | undefined;
}

/** Creates the gate to a set of slots, which are made when the first run comes. */
export function createRunGate(slots: () => Promise<Slots>, logger: Logger): RunGate {
  const requireOwned = (owner: ThreadOwner | undefined, run: IdentifiedRun): void => {
    try {
      requireOwner(owner, run.principal);
    } catch (error) {
      if (error instanceof PrincipalMismatchError) logRefusal(logger, run);
      throw error;
    }
  };

  let connected: Slots | undefined;

  /** Who runs, and their slot unless their token has run out since they were let in. */
  const identify = async (configurable: Configurable | undefined): Promise<Identified> => {
    const token = readUserToken(configurable);
    const threadId = readThreadId(configurable);
    const all = (connected ??= await slots());
    try {
      const slot = await all.enter(threadId, token);
      return { principal: slot.principal(), threadId, slot };
    } catch (error) {
      const principal = isExpired(error) ? letInAs({ all, token, configurable }) : undefined;
      if (principal === undefined) throw error;
      return { principal, threadId, slot: undefined };
    }
  };

  return {
    async enter(state, configurable) {
      const run = await identify(configurable);
      requireOwned(state._threadOwner, run);
      if (run.slot === undefined) throw new OutcomeError({ outcome: 'token-expired', signIn: 'expired' });
      return run.slot;
    },
    find(state, configurable) {
      const token = findUserToken(configurable);
      const slot = token && connected?.find(readThreadId(configurable), token);
      return slot !== undefined && isOwner(state._threadOwner, slot.principal()) ? slot : undefined;
    },
    async admit(ownerOf, configurable) {
      const run = await identify(configurable);
      requireOwned(await ownerOf(run.principal), run);
    },
  };
}

interface LetInRun {
  readonly all: Slots;
  readonly token: BearerToken;
  readonly configurable: Configurable | undefined;
}

/** Whom a run was let in as, when its token was good: by this middleware, or by the agent server in front of it. */
function letInAs({ all, token, configurable }: LetInRun): Principal | undefined {
  return all.knownPrincipal(token) ?? readServerPrincipal(configurable);
}

function isExpired(error: unknown): boolean {
  return error instanceof TokenInvalidError && error.reason === 'expired';
}

interface IdentifiedRun {
  readonly principal: Principal;
  readonly threadId: string;
}

interface Identified extends IdentifiedRun {
  readonly slot: Slot | undefined;
}

function logRefusal(logger: Logger, { principal, threadId }: IdentifiedRun): void {
  const { issuer, subject, tokenId } = principal;
  logger.warn('thread.refused', { issuer, subject, tokenId, threadId });
}
