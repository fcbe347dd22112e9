/**
 * Keeps the store apart by person. Everything a person keeps stands under a first label of their own, which the server
 * adds to every request and takes off every answer.
 */
import type { Context } from 'hono';
import { Hono } from 'hono';
import { z } from 'zod';
import type { Authentication } from './authenticated-user.js';
import { isAuthenticatedUser, storeLabelOf } from './authenticated-user.js';

/** The part of a store event that says where. */
export interface StorePlace {
  namespace?: string[] | undefined;
}

/** Lets a store request through only to what stands under a label. */
export type StoreFilter = Record<'namespace', { $contains: string }>;

/**
 * Moves a store request under a person’s label, in place: LangGraph goes on with the array it handed in and does not
 * look at one that was put in its stead.
 *
 * @returns the filter for requests that name no namespace.
 */
export function placeUnderOwner(place: StorePlace, identity: string): StoreFilter {
  const label = storeLabelOf(identity);
  if (place.namespace === undefined) place.namespace = [label];
  else place.namespace.unshift(label);
  return { namespace: { $contains: label } };
}

const namespaced = z.looseObject({ namespace: z.array(z.string()) });
const namespaces = z.object({ namespaces: z.array(z.array(z.string())) });
const deepBody = z.looseObject({ max_depth: z.number() });
const items = z.object({ items: z.array(namespaced) });

/** Creates the companions of the store’s reading routes: nobody sees a label, nor what stands under another’s. */
export function createStoreOwner(): Hono {
  const app = new Hono();
  app.post('/store/namespaces', async (context, next) => {
    await deepenByOne(context);
    await next();
    await mendAnswer(context, namespaces, (label, answer) => ({
      namespaces: answer.namespaces
        .filter(([first]) => first === label)
        .map((namespace) => namespace.slice(1)),
    }));
  });
  app.post('/store/items/search', async (context, next) => {
    await next();
    await mendAnswer(context, items, (label, answer) => ({
      items: answer.items.filter(({ namespace }) => namespace[0] === label).map(withoutLabel),
    }));
  });
  app.get('/store/items', async (context, next) => {
    await next();
    await mendAnswer(context, namespaced.nullable(), (_label, item) =>
      item === null ? null : withoutLabel(item),
    );
  });
  return app;
}

function withoutLabel(item: z.output<typeof namespaced>): z.output<typeof namespaced> {
  return { ...item, namespace: item.namespace.slice(1) };
}

/** The label is one step of the depth that is asked for; LangGraph’s route reads the body that Hono keeps. */
async function deepenByOne({ req }: Context): Promise<void> {
  const body: unknown = await req.json().catch(() => undefined);
  const deep = deepBody.safeParse(body).data;
  if (deep === undefined) return;
  const text = JSON.stringify({ ...deep, max_depth: deep.max_depth + 1 });
  // Hono keeps promises under the types of what they resolve to.
  req.bodyCache = { text: Promise.resolve(text) as unknown as string };
}

async function mendAnswer<Schema extends z.ZodType>(
  context: Context,
  schema: Schema,
  mend: (label: string, answer: z.output<Schema>) => unknown,
): Promise<void> {
  if (!context.res.ok) return;
  // LangGraph’s authentication puts it there before any route of ours.
  const { user } = context.get('auth') as Authentication;
  if (!isAuthenticatedUser(user)) throw new TypeError('The store’s routes stand behind authentication.');
  const answer = schema.parse(await context.res.clone().json());
  context.res = context.json(mend(storeLabelOf(user.identity), answer));
}
