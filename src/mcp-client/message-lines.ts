/** Reads JSON-RPC messages, one a line, from bytes between which anything may stand. */
import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import { deserializeMessage } from '@modelcontextprotocol/client';

/** The longest line, in bytes. */
const defaultMaxLineBytes = 10 * 1024 * 1024;

/** A reader of one stream. */
export interface MessageLines {
  /**
   * Takes more bytes and gives the messages they complete. A line that is no message is skipped: a server’s banner, a log.
   *
   * @throws {@link RangeError} for a line beyond the cap; nothing after it can be trusted.
   */
  read(chunk: Buffer): readonly JSONRPCMessage[];
}

/** Creates a reader. @see MCP 2025-11-25, "stdio": messages are delimited by newlines */
export function createMessageLines(maxLineBytes = defaultMaxLineBytes): MessageLines {
  // Joined once a line is whole: joining at each chunk would copy a long line over and over.
  let parts: Buffer[] = [];
  let size = 0;

  const keep = (part: Buffer): void => {
    size += part.length;
    if (size > maxLineBytes) throw new RangeError(`A line is longer than ${String(maxLineBytes)} bytes.`);
    if (part.length > 0) parts.push(part);
  };

  return {
    read(chunk) {
      const messages: JSONRPCMessage[] = [];
      let from = 0;
      for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, from)) {
        keep(chunk.subarray(from, end));
        from = end + 1;
        const message = toMessage(Buffer.concat(parts).toString('utf8'));
        parts = [];
        size = 0;
        if (message !== undefined) messages.push(message);
      }
      keep(chunk.subarray(from));
      return messages;
    },
  };
}

function toMessage(line: string): JSONRPCMessage | undefined {
  // Most noise is told without parsing it.
  if (!line.trimStart().startsWith('{')) return undefined;
  try {
    return deserializeMessage(line);
  } catch {
    return undefined;
  }
}
