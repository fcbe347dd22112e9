/** The body of an answer, read up to a limit. */

/**
 * Reads a body as text, counting as it comes: a length header may be missing or wrong. What is not read is cancelled,
 * so that the socket is free again.
 *
 * @returns undefined when there is no body, or more of it than the limit.
 */
export async function readLimitedBody(response: Response, maximumBytes: number): Promise<string | undefined> {
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = response.body?.getReader();
  if (reader === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for (let bytes = 0; bytes <= maximumBytes;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks).toString('utf8');
    bytes += value.byteLength;
    chunks.push(value);
  }
  await reader.cancel();
  return undefined;
}
