/** The key that a write carries in `_meta`, by which a server makes it once however often it comes. */
import { z } from 'zod';

/**
 * The name of the key in the `_meta` of a `tools/call` request. In the `_meta` of a tool’s definition it is `true` where
 * the server honours the key.
 *
 * @see MCP 2025-11-25, "General fields", `_meta`
 */
export const idempotencyKeyName = 'graph-fleet/idempotency-key';

/** A key as it may come: whoever made it, it stands in no log and no file as it came. */
export const idempotencyKey = z
  .string()
  .min(1)
  .max(128)
  .regex(/^\P{Cc}*$/u);

const dayMs = 86_400_000;

/** How long a server that honours keys keeps one at least, in milliseconds: seven days. */
export const leastKeptMs = 7 * dayMs;

/** How long after its first sending a call may be sent again with its key, in milliseconds: a day less, for slow clocks. */
export const longestRepeatMs = 6 * dayMs;

/** The part of a tool’s definition that may say that its server honours the key. */
export interface DeclaringTool {
  readonly _meta?: Readonly<Record<string, unknown>> | undefined;
}

/** Tells whether a tool’s definition says so; only `true` does. */
export function honoursIdempotencyKey({ _meta }: DeclaringTool): boolean {
  return _meta?.[idempotencyKeyName] === true;
}
