/** Takes known phrases out of a text one kind at a time, so that no word is read twice. */

/** A phrase to look for and what it means. */
export interface Rule<Value> {
  /** Global; its quantifiers are bounded, so that reading stays linear in hostile text. */
  readonly pattern: RegExp;
  /** The meaning of a match; undefined leaves the words in the text for other rules. */
  readonly toValue: (match: RegExpExecArray) => Value | undefined;
}

/** What was found, and where. */
export interface Found<Value> {
  readonly value: Value;
  readonly index: number;
}

/** A text from which phrases are taken. */
export interface TextScanner {
  /** Takes every phrase that the rules match, rule by rule; found values come in the order of the text. */
  take<Value>(rules: readonly Rule<Value>[]): readonly Found<Value>[];
  /** Takes like {@link TextScanner.take} and returns the value that stands last in the text. */
  takeLast<Value>(rules: readonly Rule<Value>[]): Value | undefined;
  /** The text with every taken phrase blotted out. */
  rest(): string;
}

/** Neither a letter nor white space: a taken phrase parts the words around it. */
const blot = '\u00b7';

/** Creates a scanner over one text. */
export function createTextScanner(text: string): TextScanner {
  let current = text;

  const takeRule = <Value>({ pattern, toValue }: Rule<Value>): Found<Value>[] => {
    const found: Found<Value>[] = [];
    for (const match of current.matchAll(pattern)) {
      const value = toValue(match);
      if (value !== undefined) found.push({ value, index: match.index });
      if (value !== undefined) current = blotOut(current, match);
    }
    return found;
  };

  const take = <Value>(rules: readonly Rule<Value>[]): readonly Found<Value>[] =>
    rules.flatMap(takeRule).sort((a, b) => a.index - b.index);

  return { take, takeLast: (rules) => take(rules).at(-1)?.value, rest: () => current };
}

/** The first group of a match that took part in it. */
export function firstGroup(match: RegExpExecArray): string | undefined {
  // The typings leave out that a group without a part in the match is undefined.
  const groups: readonly (string | undefined)[] = match.slice(1);
  return groups.find((group) => group !== undefined && group !== '');
}

function blotOut(text: string, match: RegExpExecArray): string {
  const end = match.index + match[0].length;
  return text.slice(0, match.index) + blot.repeat(match[0].length) + text.slice(end);
}
