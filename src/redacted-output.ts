/** The last gate of a server’s output: whatever a library prints is redacted like the lines of our own logger. */
import { redact } from './redaction.js';

/** The part of a stream that is changed. */
export interface OutputStream {
  write(chunk: string | Uint8Array, ...more: unknown[]): boolean;
}

// Colours stand beside the words they colour, where a secret’s first character is looked for.
const escape = '\u001b';
const colour = new RegExp(`(${escape}\\[[\\d;]*m)`);

/** Makes every write to a stream pass {@link redact}. A secret that is split over two writes is not seen. */
export function redactOutput(stream: OutputStream): void {
  const write = stream.write.bind(stream);
  stream.write = (chunk, ...more) => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    return write(text.split(colour).map(redact).join(''), ...more);
  };
}
