/** Tells that a server and this agent share no version of the protocol. */
import { ProtocolError, ProtocolErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import { z } from 'zod';
import type { McpServerConfig } from '../config/mcp-servers.js';
import { OutcomeError } from '../outcomes.js';
import { findCause } from './find-cause.js';

/** Versions named in a sentence, and the form of one: the server’s words are not passed on. */
const maxVersions = 5;
const version = z.string().regex(/^[\w.-]{1,32}$/);
const refusal = z.object({
  code: z.literal(ProtocolErrorCode.UnsupportedProtocolVersion),
  data: z.object({ supported: z.array(version) }),
});
const refusalAnswer = z.object({ error: refusal });
/** What the SDK says of an `initialize` that was answered with a version nobody here speaks. */
const oldVersion = /protocol version is not supported: ([\w.-]{1,32})$/;

/** Gives the versions that a server says it speaks, where the error is that it does not speak ours. */
export function findOfferedVersions(error: unknown): readonly string[] | undefined {
  const told = refusal.safeParse(findCause(error, (cause) => cause instanceof ProtocolError));
  if (told.success) return told.data.data.supported;
  const http = findCause(error, (cause) => cause instanceof SdkHttpError);
  const answered = refusalAnswer.safeParse(parseBody(http));
  if (answered.success) return answered.data.error.data.supported;
  const [, older] = oldVersion.exec(error instanceof Error ? error.message : '') ?? [];
  return older === undefined ? undefined : [older];
}

/**
 * Tells whether a server refused a request for its version with HTTP 400, which comes before any work. The same error as
 * an answer may be passed on by a tool that has begun.
 *
 * @see MCP 2026-07-28, "Streamable HTTP"
 */
export function isVersionRefusal(error: unknown): boolean {
  const http = findCause(error, (cause) => cause instanceof SdkHttpError);
  return http?.status === 400 && refusalAnswer.safeParse(parseBody(http)).success;
}

function parseBody(http: SdkHttpError | undefined): unknown {
  const text = http?.data.text;
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Any page may come with HTTP 400.
    return undefined;
  }
}

/** Gives the outcome of a connection that failed for want of a common version; undefined for every other failure. */
export function toVersionFailure(
  error: unknown,
  { name }: Pick<McpServerConfig, 'name'>,
): OutcomeError | undefined {
  const offered = findOfferedVersions(error);
  if (offered === undefined) return undefined;
  const spoken = offered.slice(0, maxVersions).join(', ');
  return new OutcomeError(
    {
      outcome: 'contract',
      message: `The server "${name}" speaks MCP ${spoken === '' ? 'of no known version' : spoken}, and this agent 2026-07-28, 2025-11-25 and the versions before it; an administrator must look at mcpServers.${name}.`,
    },
    { cause: error },
  );
}
