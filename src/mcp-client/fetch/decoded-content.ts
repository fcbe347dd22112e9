/** The content codings of an answer, undone as it comes. */
import type { IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { createBrotliDecompress, createGunzip } from 'node:zlib';

/** What is asked for. `deflate` stands for two formats. @see RFC 9110 sections 8.4.1.2 and 12.5.3 */
export const acceptedEncodings = 'gzip, br';

/**
 * Gives the content of an answer, decoded where `coding`, its Content-Encoding, is one of the accepted codings; what has another is
 * given as it came, and is no message. Who destroys the content destroys the answer.
 *
 * @see RFC 9110 section 8.4
 */
export function decodeContent(answer: IncomingMessage, coding: string | null): Readable {
  const decoder = createDecoder(coding?.toLowerCase());
  if (decoder === undefined) return answer;
  // Whoever reads the decoded content is told what broke.
  pipeline(answer, decoder, () => undefined);
  return decoder;
}

function createDecoder(coding: string | undefined): Duplex | undefined {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'br':
      return createBrotliDecompress();
    default:
      return undefined;
  }
}
