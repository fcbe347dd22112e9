/** Text that is wrapped at the end of a line while it comes in pieces. */
import { stripVTControlCharacters } from 'node:util';

/** Where the text goes. */
export interface WrappedTextOptions {
  readonly write: (text: string) => void;
  /** Written before every line but the first. */
  readonly indent: string;
  /** Longest line, in characters, indent included. */
  readonly width: number;
}

/** A text that is being written. */
export interface WrappedText {
  /** Adds a piece; its last word waits for the rest of it. */
  add(piece: string): void;
  /** Writes what waits and ends the line. */
  end(): void;
}

/** Begins a text; the cursor stands behind the indent already. Words longer than a line stay whole. */
export function beginWrappedText({ write, indent, width }: WrappedTextOptions): WrappedText {
  let column = indent.length;
  let spaces = '';
  let word = '';

  const breakLine = (): void => {
    write('\n');
    column = 0;
    spaces = '';
  };

  const putWord = (): void => {
    if (word === '') return;
    // Colours take no room.
    const { length } = stripVTControlCharacters(word);
    if (column + spaces.length + length > width && column > indent.length) breakLine();
    // Written with the first word, so that empty lines stay empty.
    const lead = column === 0 ? `${indent}${spaces}` : spaces;
    write(`${lead}${word}`);
    column += lead.length + length;
    spaces = '';
    word = '';
  };

  return {
    add(piece) {
      for (const part of piece.match(/\n|[^\S\n]+|\S+/g) ?? []) {
        if (/^\S/.test(part)) {
          word += part;
          continue;
        }
        putWord();
        if (part === '\n') breakLine();
        else spaces += part;
      }
    },
    end() {
      putWord();
      write('\n');
    },
  };
}
