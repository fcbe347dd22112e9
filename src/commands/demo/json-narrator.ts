/** The demo as one JSON object a line. */
import type { Narrator } from './demo-event.js';

/** Creates the narrator. The pieces of one answer become one line, which tells how many there were. */
export function createJsonNarrator(write: (text: string) => void): Narrator {
  let words: string[] = [];

  const print = (value: unknown): void => write(`${JSON.stringify(value)}\n`);
  const flush = (): void => {
    if (words.length > 0) print({ event: 'answer', text: words.join(''), pieces: words.length });
    words = [];
  };

  return {
    tell(event) {
      if (event.event === 'words') {
        words.push(event.text);
        return;
      }
      flush();
      print(event);
    },
    finish() {
      flush();
      print({ demo: 'ok' });
    },
  };
}
