/** The configuration schema that Studio asks for and the LangGraph server leaves out for graphs of `createAgent`. */
import { Hono } from 'hono';
import { z } from 'zod';

/** JSON Schema of what a run may be configured with, by graph id. */
export type ConfigSchemas = Readonly<Record<string, unknown>>;

const schemasBody = z.looseObject({ graph_id: z.string(), config_schema: z.unknown().optional() });

/** Creates the route’s companion: it fills in `config_schema` and `context_schema` where they are missing. */
export function createStudioSchemas(schemas: ConfigSchemas): Hono {
  const app = new Hono();
  app.get('/assistants/:id/schemas', async (context, next) => {
    await next();
    if (!context.res.ok) return;
    const body = schemasBody.parse(await context.res.clone().json());
    const schema = body.config_schema ?? schemas[body.graph_id];
    context.res = context.json({ ...body, config_schema: schema, context_schema: schema });
  });
  return app;
}
