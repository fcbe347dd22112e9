/** The arguments of a call as they leave, and what was added to them: a secret that the server may repeat. */
import type { SecretRedactor } from './secret-redactor.js';
import { createSecretRedactor } from './secret-redactor.js';

type Arguments = Readonly<Record<string, unknown>>;

/** Arguments on their way out. */
export interface CompletedArguments {
  readonly args: Record<string, unknown>;
  /** Takes every text that was added, of 8 characters and more, out of what the server answers. */
  readonly redactor: Pick<SecretRedactor, 'value'>;
}

/** What the transport lets through holds no token any more. */
const nothingAdded: CompletedArguments['redactor'] = { value: (value) => value };

/** Completes the arguments; without `complete` they leave as they are, and nothing is taken out of the answer. */
export function completeArguments(
  given: Arguments,
  complete: ((args: Arguments) => Record<string, unknown>) | undefined,
): CompletedArguments {
  if (complete === undefined) return { args: { ...given }, redactor: nothingAdded };
  const redactor = createSecretRedactor();
  const args = complete(given);
  const known = new Set(textsIn(given));
  for (const text of textsIn(args)) if (!known.has(text)) redactor.learn(text);
  return { args, redactor };
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
