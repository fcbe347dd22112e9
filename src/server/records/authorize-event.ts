/** Asks the authorization rules of `src/server/auth.ts` about an operation on records. */
import { handleAuthEvent, isAuthMatching, isAuthRegistered } from '@langchain/langgraph-api/auth';
import { NotWiredError } from '../../errors.js';

/** Who asks; undefined for the server itself. */
export type Caller = Parameters<typeof handleAuthEvent>[0];
/** What a record’s metadata must hold for the caller to see it; undefined when it may see all. */
export type Filters = Parameters<typeof isAuthMatching>[1];

/**
 * Asks the rules.
 *
 * The package keeps the registered rules in a module of its own. This import and the server’s own resolve to the one file,
 * so both see what `startServer` registers; were they ever two, nothing would be registered here, every rule would be
 * silent, and nobody’s records would be theirs alone. That case ends the request instead.
 *
 * @returns the filters for records, and the value as the rules changed it.
 * @throws {@link NotWiredError} for a signed-in caller when no rules are registered here.
 */
export const authorizeEvent: typeof handleAuthEvent = async (caller, event, value) => {
  if (caller !== undefined && !isAuthRegistered())
    throw new NotWiredError(
      'The rules of authorization are registered in another copy of the LangGraph server.',
    );
  return handleAuthEvent(caller, event, value);
};

/** Tells whether the filters let the caller see a record with this metadata. */
export const isVisible = isAuthMatching;
