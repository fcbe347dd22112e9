/** What `GET /mcp/status` answers with. */
import { z } from 'zod';

/** One server as its caller sees it. */
export const serverStatus = z.object({
  name: z.string(),
  /** `up`, or the outcome of the listing. */
  state: z.string(),
  required: z.boolean(),
  /** When a request of the caller last went well, RFC 3339; null when none did in this process. */
  lastSuccess: z.string().nullable(),
  /** When one last failed. */
  lastFailure: z.string().nullable(),
  /** Whether requests are made to it now, for everybody. */
  breaker: z.enum(['closed', 'open', 'half-open']),
  /** How long the request took that went well last. */
  latencyMs: z.number().nullable(),
  /** The names of the tools that the caller is offered; empty when the server could not be asked. */
  tools: z.array(z.string()),
});

/** The whole answer. */
export const mcpStatus = z.object({
  principal: z.object({ subject: z.string(), org: z.string().nullable() }),
  /** When the caller’s token ends, RFC 3339. */
  token: z.object({ expiresAt: z.string() }),
  servers: z.array(serverStatus),
});

/** One server as its caller sees it. */
export type ServerStatus = z.output<typeof serverStatus>;

/** The whole answer. */
export type McpStatus = z.output<typeof mcpStatus>;
