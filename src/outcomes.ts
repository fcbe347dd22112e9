/**
 * The closed set of ways a tool call can end, and what each means for the person, for the model and for a retry.
 * Text that came from a server is carried apart, in `details`: data, cut to a length, never an instruction.
 */
import type { ArgumentIssue } from './errors.js';
import { FleetError } from './errors.js';

/** What may be done after an outcome: nothing, the same call again, the call changed, or a look before anything else. */
export type RetryRule = 'none' | 'later' | 'changed' | 'search-first';

interface OutcomeMeaning {
  readonly user: string;
  readonly model: string;
  readonly retry: RetryRule;
}

/** Every outcome with its sentence for the person, its sentence for the model, and its retry rule. */
export const outcomes = {
  ok: { user: 'Done.', model: 'The call succeeded.', retry: 'none' },
  'invalid-argument': {
    user: 'Something in the request is outside its bounds.',
    model: 'Name each issue to the user in plain words, ask for a better value, then call again with it.',
    retry: 'changed',
  },
  unauthenticated: {
    user: 'Your sign-in was not accepted; sign in again.',
    model: 'Tell the user to sign in again. Do not call again in this turn.',
    retry: 'none',
  },
  'token-expired': {
    user: 'Your sign-in has expired; sign in again and go on.',
    model: 'Tell the user to sign in again. Do not call again in this turn.',
    retry: 'none',
  },
  'permission-denied': {
    user: 'You do not have the permission this needs.',
    model:
      'Tell the user which permission is missing and that an administrator can grant it. Do not call again.',
    retry: 'none',
  },
  'not-found': {
    user: 'It does not exist, or you may not see it.',
    model: 'Offer what does exist, from the matching list tool, and ask which one is meant.',
    retry: 'changed',
  },
  conflict: {
    user: 'Something of that name exists already.',
    model: 'Ask the user for another name, or whether the existing one is what they want.',
    retry: 'changed',
  },
  unavailable: {
    user: 'The platform cannot be reached now; nothing was changed. Try again in a moment.',
    model:
      'Tell the user that the platform is not reachable now and that nothing was changed. They can try again later.',
    retry: 'later',
  },
  'unknown-result': {
    user: 'The answer was lost, so it is not known whether the change was made.',
    model:
      'Search for the resource by name before anything else. Never repeat the write without having looked.',
    retry: 'search-first',
  },
  cancelled: {
    user: 'It was not done.',
    model:
      'The person stopped or declined this call; it was not made. Respect what they said and ask how to go on.',
    retry: 'none',
  },
  contract: {
    user: 'The platform’s tool is not the one this agent was built for; tell your administrator.',
    model:
      'This tool cannot be used now. Tell the user that an administrator must look at it. Do not call again.',
    retry: 'none',
  },
} as const satisfies Record<string, OutcomeMeaning>;

/** The name of an outcome. */
export type OutcomeName = keyof typeof outcomes;

/** How one tool call ended, when it did not end well. */
export interface FailedOutcome {
  readonly outcome: Exclude<OutcomeName, 'ok'>;
  /** One sentence of our own that names the thing, the bound and the next step; the table’s sentence when left out. */
  readonly message?: string | undefined;
  /** What is wrong with which argument. */
  readonly issues?: readonly ArgumentIssue[] | undefined;
  /** The server’s own words: data. */
  readonly details?: string | undefined;
  /** How long the server asks to be left alone, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** Set where the same call goes on once the person has signed in again: the run stops and asks for it. */
  readonly signIn?: SignInReason | undefined;
}

/** Why a person must sign in again: the token ran out, or a server does not accept it. */
export type SignInReason = 'expired' | 'refused';

/** Carries a failed outcome from where a call ended to where it is shown to the model. */
export class OutcomeError extends FleetError {
  readonly code = 'ERR_OUTCOME';
  /** mcp-adapters rethrows what bears this name as it is, and turns every other error into text. */
  override readonly name = 'ToolException';
  /** How the call ended. */
  readonly failure: FailedOutcome;

  constructor(failure: FailedOutcome, options?: ErrorOptions) {
    super(failure.message ?? outcomes[failure.outcome].user, options);
    this.failure = failure;
  }
}

/** Tells whether a value is an {@link OutcomeError}. */
export function isOutcomeError(value: unknown): value is OutcomeError {
  return value instanceof OutcomeError;
}
