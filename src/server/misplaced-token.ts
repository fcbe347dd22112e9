/** Refuses a request that carries `_user_token` where it would be stored. */
import type { Context, Next } from 'hono';
import { Hono } from 'hono';
import { parseJson } from '../auth/parse-json.js';
import { userTokenKey } from '../runtime/run-config.js';

/** Members whose `_user_token` is taken out before anything is stored. */
const rightPlaces: ReadonlySet<string> = new Set(['configurable', 'context']);

/** Creates the check; it stands behind the bounds on bodies, so that none is too deep to be walked through. */
export function createMisplacedToken(): Hono {
  const app = new Hono();
  app.use(async (context: Context, next: Next) => {
    if (context.req.method === 'GET') return next();
    // A body that is no JSON holds no members; the route that reads it says what is wrong.
    const place = findMisplaced(parseJson(await context.req.text()), '');
    if (place === undefined) return next();
    const message = `${place} would be stored; send the token as config.configurable.${userTokenKey}, or in the Authorization header.`;
    return context.json({ error: message }, 422);
  });
  return app;
}

/** Where a token stands that nobody takes out, as a path; undefined when there is none. */
function findMisplaced(value: unknown, path: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const holder = path.slice(path.lastIndexOf('.') + 1);
  for (const [name, member] of Object.entries(value)) {
    const place = path === '' ? name : `${path}.${name}`;
    if (name === userTokenKey && !rightPlaces.has(holder)) return place;
    const below = findMisplaced(member, place);
    if (below !== undefined) return below;
  }
  return undefined;
}
