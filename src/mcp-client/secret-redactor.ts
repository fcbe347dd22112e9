/** What one connection must keep to itself, taken out of everything its server says. */
import { hiddenText, hideJwts, leastPartLength, secretSpellings } from '../token-text.js';

/** Shorter values stand in data for themselves. */
const leastSecretLength = 8;
/** Secrets remembered: an answer comes with the request that carried its secret, or a few renewals later. */
const maxSecrets = 16;
/** Levels of a value that are looked through; what lies deeper is hidden, since nobody reads it either. */
const maxDepth = 200;

/** Takes secrets out of text and values. */
export interface SecretRedactor {
  /** Remembers a secret that a request carries. Text below 8 characters is none. */
  learn(secret: string): void;
  /** Hides the secrets in every spelling, and whatever is a JWT; text without one comes back as it is. */
  text(text: string): string;
  /** Does the same to every text and member name of a JSON value; a value without one comes back as it is. */
  value(value: unknown): unknown;
}

/** Creates a redactor that knows no secret yet. @see {@link secretSpellings} */
export function createSecretRedactor(): SecretRedactor {
  // A Map keeps insertion order: the first entry is the one learned longest ago.
  const learned = new Map<string, LearnedSecret>();

  const text = (given: string): string => {
    // First: every token of an issuer’s key begins with the same part, and without it another’s is no JWT to be known by.
    let shown = hideJwts(given);
    for (const secret of learned.values()) {
      if (shown.length < secret.shortest) continue;
      for (const spelling of secret.spellings()) {
        if (shown.includes(spelling)) shown = shown.replaceAll(spelling, hiddenText);
      }
    }
    return shown;
  };

  return {
    learn(secret) {
      if (secret.length < leastSecretLength) return;
      const known = learned.get(secret) ?? toLearned(secret);
      learned.delete(secret);
      learned.set(secret, known);
      const [oldest] = learned.keys();
      if (learned.size > maxSecrets && oldest !== undefined) learned.delete(oldest);
    },
    text,
    value: (value) => redactValue(value, text, 0),
  };
}

interface LearnedSecret {
  /** No spelling is shorter. */
  readonly shortest: number;
  /** Made when the first text comes that could hold one: there are thirty of a token. */
  readonly spellings: () => readonly string[];
}

function toLearned(secret: string): LearnedSecret {
  let made: readonly string[] | undefined;
  const spellings = (): readonly string[] => (made ??= secretSpellings(secret));
  return { shortest: Math.min(secret.length, leastPartLength), spellings };
}

type RedactText = (text: string) => string;

function redactValue(value: unknown, redact: RedactText, depth: number): unknown {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > maxDepth) return hiddenText;
  if (Array.isArray(value)) return redactArray(value, redact, depth);
  const entries = Object.entries(value);
  const shown = entries.map(
    ([name, member]) => [redact(name), redactValue(member, redact, depth + 1)] as const,
  );
  const isSame = shown.every(
    ([name, member], index) => name === entries[index]?.[0] && member === entries[index][1],
  );
  return isSame ? value : Object.fromEntries(shown);
}

function redactArray(list: readonly unknown[], redact: RedactText, depth: number): readonly unknown[] {
  const shown = list.map((item) => redactValue(item, redact, depth + 1));
  return shown.every((item, index) => item === list[index]) ? list : shown;
}
