/** The check that no argument of a call carries a token out: a model may have been talked into it. */
import type { BearerToken } from '../auth/bearer-token.js';
import type { ArgumentIssue } from '../errors.js';
import { OutcomeError } from '../outcomes.js';
import type { SecretRedactor } from './secret-redactor.js';
import { createSecretRedactor } from './secret-redactor.js';

/** The most issues that are named at once. */
const maxIssues = 20;

/**
 * Refuses arguments that hold the user's own token, in any spelling, or any JWT.
 *
 * @throws {@link OutcomeError} `invalid-argument` naming each path; nothing of a token stands in it.
 */
export function requireNoTokens(args: Readonly<Record<string, unknown>>, own: BearerToken): void {
  const redactor = createSecretRedactor();
  redactor.learn(own.reveal());
  // Nearly every call ends here, without a second walk.
  if (redactor.value(args) === args) return;
  const issues = findTokens(args, '', redactor);
  throw new OutcomeError({ outcome: 'invalid-argument', issues: issues.slice(0, maxIssues) });
}

function findTokens(value: unknown, path: string, redactor: SecretRedactor): readonly ArgumentIssue[] {
  const issue = { path, message: 'This looks like a token; take it out.' };
  if (typeof value !== 'object' || value === null) return redactor.value(value) === value ? [] : [issue];
  return Object.entries(value).flatMap(([name, member]) => {
    const shown = redactor.text(name);
    const inner = path === '' ? shown : `${path}.${shown}`;
    const ofName = shown === name ? [] : [{ ...issue, path: inner }];
    return redactor.value(member) === member ? ofName : [...ofName, ...findTokens(member, inner, redactor)];
  });
}
