/** Reads single settings: text from outside in, a checked value or one clear sentence out. */
import { ConfigError } from '../errors.js';

/** Where settings are read from: names and texts. */
export type SettingSource = Readonly<Record<string, string | undefined>>;

/** Reads a text; blank counts as unset. */
export function readText(source: SettingSource, name: string): string | undefined {
  const text = source[name]?.trim();
  return text === '' ? undefined : text;
}

/** Reads a TCP port, 0 to 65535; 0 takes a free one. @throws {@link ConfigError} when it is no such number. */
export function readPort(source: SettingSource, name: string, fallback: number): number {
  const text = readText(source, name);
  if (text === undefined) return fallback;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new ConfigError(
    name,
    `must be a port, 0 to 65535 (0 takes a free one); got ${JSON.stringify(text)}.`,
  );
}

/** The bounds of a number, and what it is when it is not set. */
export interface CountBounds {
  readonly least: number;
  readonly most: number;
  readonly fallback: number;
}

/** Reads a whole number. @throws {@link ConfigError} naming the bounds when it is no such number. */
export function readCount(
  source: SettingSource,
  name: string,
  { least, most, fallback }: CountBounds,
): number {
  const text = readText(source, name);
  if (text === undefined) return fallback;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (count >= least && count <= most) return count;
  throw new ConfigError(
    name,
    `must be a whole number, ${String(least)} to ${String(most)}; got ${JSON.stringify(text)}.`,
  );
}

/** Reads one of a closed set of words. @throws {@link ConfigError} naming the set. */
export function readChoice<Choice extends string>(
  source: SettingSource,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = readText(source, name);
  if (text === undefined) return undefined;
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw new ConfigError(name, `must be one of ${choices.join(', ')}; got ${JSON.stringify(text)}.`);
}

/**
 * Reads a URL of given protocols, each written as in `URL.protocol`.
 *
 * @throws {@link ConfigError} which never shows the text: it may hold a password.
 */
export function readUrl(
  source: SettingSource,
  name: string,
  protocols: readonly string[],
): string | undefined {
  const text = readText(source, name);
  if (text === undefined) return undefined;
  if (URL.canParse(text) && protocols.includes(new URL(text).protocol)) return text;
  const forms = protocols.map((protocol) => `${protocol}//`).join(' or ');
  throw new ConfigError(name, `must be a URL that begins with ${forms}; correct it.`);
}

/** Reads a list separated by commas; each entry must match. @throws {@link ConfigError} showing the form. */
export function readList(
  source: SettingSource,
  name: string,
  entry: { readonly isValid: (text: string) => boolean; readonly form: string },
): readonly string[] {
  const entries = (readText(source, name) ?? '').split(',').map((text) => text.trim());
  const given = entries.filter((text) => text !== '');
  const wrong = given.find((text) => !entry.isValid(text));
  if (wrong === undefined) return Object.freeze(given);
  throw new ConfigError(name, `must be a list like ${entry.form}; got ${JSON.stringify(wrong)}.`);
}
