/** The configuration schema that Studio asks for and the LangGraph server leaves out for graphs of `createAgent`. */
import { getConfigTypeSchema } from '@langchain/langgraph/zod/schema';
import { Hono } from 'hono';
import { z } from 'zod';

const schemasBody = z.looseObject({ graph_id: z.string(), config_schema: z.unknown().optional() });

/** Creates the route’s companion: it fills in `config_schema` and `context_schema` where they are missing. */
export function createStudioSchemas(graphs: ReadonlyMap<string, object>): Hono {
  const app = new Hono();
  app.get('/assistants/:id/schemas', async (context, next) => {
    await next();
    if (!context.res.ok) return;
    const body = schemasBody.parse(await context.res.clone().json());
    const schema = body.config_schema ?? configSchemaOf(graphs.get(body.graph_id));
    context.res = context.json({ ...body, config_schema: schema, context_schema: schema });
  });
  return app;
}

/** JSON Schema of what a run of the graph may be configured with: the agent’s `contextSchema`. */
function configSchemaOf(graph: object | undefined): unknown {
  // Graphs that langgraph.json names are compiled ones; the server refused to start with anything else.
  return graph === undefined ? undefined : getConfigTypeSchema(graph);
}
