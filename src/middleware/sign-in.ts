/** The stop that asks for a sign-in: the run waits, and goes on where it stopped once its person has a good token. */
import { interrupt } from '@langchain/langgraph';
import type { Logger } from '../logger.js';
import type { SignInReason } from '../outcomes.js';
import { isOutcomeError, outcomes } from '../outcomes.js';

/** The value of the interrupt; any resume by the same person with a good token answers it. */
export interface SignInRequest {
  readonly type: 'sign-in';
  readonly reason: SignInReason;
  /** One sentence for the person. */
  readonly message: string;
}

/** Where a run stops. */
export interface SignInStop {
  readonly logger: Logger;
  /** What was about to be done, for the log: a hook’s name or a tool’s. */
  readonly step: string;
}

const messages = {
  expired: outcomes['token-expired'].user,
  refused: outcomes.unauthenticated.user,
} as const satisfies Record<SignInReason, string>;

/**
 * Runs a part of a step. When it fails for want of a good token the run stops with a {@link SignInRequest}; the resumed
 * run executes the step again from its beginning, with the token it brings.
 *
 * @throws what `work` throws for any other reason.
 */
export async function withSignIn<Result>(
  work: () => Promise<Result>,
  { logger, step }: SignInStop,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const reason = isOutcomeError(error) ? error.failure.signIn : undefined;
    if (reason === undefined) throw error;
    logger.info('sign-in.asked', { reason, step });
    return stop({ type: 'sign-in', reason, message: messages[reason] });
  }
}

/** Tells whether an interrupt’s value asks for a sign-in. */
export function isSignInRequest(value: unknown): value is SignInRequest {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'sign-in';
}

function stop(request: SignInRequest): never {
  // LangGraph hands out the answers of earlier stops of the same step again; none of them is an answer to this one.
  for (;;) interrupt(request);
}
