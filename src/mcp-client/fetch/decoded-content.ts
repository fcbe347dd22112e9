/** The content codings of an answer, undone as it comes. */
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

// What has come is passed on at once: an event stream does not end for long.
const flushed = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const brotliFlushed = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
};

/** What is asked for. @see RFC 9110 section 12.5.3 */
export const acceptedEncodings = 'gzip, deflate, br';

/**
 * Gives the content of an answer, decoded where it has one of the accepted codings; what has another is given as it came,
 * and is no message.
 *
 * @see RFC 9110 section 8.4
 */
export function decodeContent(answer: IncomingMessage): NodeJS.ReadableStream {
  const decoder = createDecoder(answer.headers['content-encoding']?.toLowerCase());
  if (decoder === undefined) return answer;
  // Whoever reads the decoded content is told what broke.
  return pipeline(answer, decoder, () => undefined);
}

function createDecoder(coding: string | undefined): NodeJS.ReadWriteStream | undefined {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip(flushed);
    case 'deflate':
      return createInflate(flushed);
    case 'br':
      return createBrotliDecompress(brotliFlushed);
    default:
      return undefined;
  }
}
