/** Bounds on what a request may send: the LangGraph server has none, and keeps every body in its records. */
import type { Context, Next } from 'hono';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';

/** The largest body, in bytes. */
const maxBodyBytes = 1_048_576;
/** How deep a body may be nested: deeper values end the server’s writer of records for everybody. */
const maxDepth = 64;

/** Creates the bounds; they stand before every other route. */
export function createRequestLimits(): Hono {
  const app = new Hono();
  const tooLarge = `A body has at most ${String(maxBodyBytes)} bytes; send less.`;
  app.use(bodyLimit({ maxSize: maxBodyBytes, onError: (context) => context.json({ error: tooLarge }, 413) }));
  app.use(refuseDeepBody);
  return app;
}

async function refuseDeepBody(context: Context, next: Next): Promise<Response | undefined> {
  if (context.req.method !== 'GET' && depthOf(await context.req.text()) > maxDepth) {
    return context.json(
      { error: `A body is nested at most ${String(maxDepth)} levels deep; flatten it.` },
      422,
    );
  }
  await next();
  return undefined;
}

/** How deep the brackets of a JSON text go; counted in one pass and not parsed, so that no depth exhausts the stack. */
export function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isText = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (isText) {
      if (character === '\\') at += 1;
      else if (character === '"') isText = false;
    } else if (character === '"') isText = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth > deepest) deepest = depth;
  }
  return deepest;
}
