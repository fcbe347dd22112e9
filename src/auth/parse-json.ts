/** JSON from outside, read without an error that would quote it. */

/**
 * Parses a text.
 *
 * @returns undefined when it is no JSON. The parser's own error is left out: it quotes the text, which is a token's
 * claims or a remote system's words.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
