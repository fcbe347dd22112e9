/** Turns an exchange that gave no token into its outcome. */
import type { ExchangeAnswer, ExchangeFault } from '../auth/token-exchange.js';
import { OutcomeError } from '../outcomes.js';

/** The member of the server's `auth` that an operator looks at first. */
const settingOf = {
  invalid_target: 'audience',
  invalid_client: 'clientSecret',
  unauthorized_client: 'clientId',
  unsupported_grant_type: 'tokenUrl',
  invalid_scope: 'scope',
  unreadable_answer: 'tokenUrl',
} as const satisfies Record<Exclude<ExchangeFault, 'invalid_request'>, string>;

/** Gives the outcome of an exchange without a token; its sentence names the server and the setting to look at. */
export function toExchangeFailure(
  answer: Exclude<ExchangeAnswer, { kind: 'token' }>,
  server: string,
): OutcomeError {
  switch (answer.kind) {
    case 'refused':
      return new OutcomeError({
        outcome: 'unauthenticated',
        signIn: 'refused',
        message: `Your sign-in is not accepted for the server "${server}"; sign in again.`,
      });
    case 'unavailable':
      return new OutcomeError({
        outcome: 'unavailable',
        message: `The token service of the server "${server}" cannot be reached now; nothing was changed. Try again in a moment.`,
      });
    case 'misconfigured':
      return new OutcomeError({ outcome: 'contract', message: toSentence(answer.fault, server) });
  }
}

function toSentence(fault: ExchangeFault, server: string): string {
  const refusal = `The token service of the server "${server}" made no token (${fault})`;
  const auth = `mcpServers.${server}.auth`;
  // Also how a service must refuse a user's token. @see RFC 8693 section 2.2.2
  if (fault === 'invalid_request')
    return `${refusal}; sign in again, and if that does not help, an administrator must look at ${auth}.`;
  return `${refusal}; an administrator must look at ${auth}.${settingOf[fault]}.`;
}
