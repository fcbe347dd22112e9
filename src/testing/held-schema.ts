/** The schema of a tool’s arguments as a server holds it that is made anew for each request. */
import type { StandardSchemaWithJSON } from '@modelcontextprotocol/server';
import type { z } from 'zod';

type Conversion = StandardSchemaWithJSON['~standard']['jsonSchema'];

/** A schema that is converted to JSON Schema once, and not by each server for each call that it checks. */
export function holdSchema(schema: z.ZodObject): StandardSchemaWithJSON {
  const { validate, version, vendor, jsonSchema } = schema['~standard'];
  return {
    '~standard': {
      ...{ version, vendor, validate },
      jsonSchema: { input: remember(jsonSchema.input), output: remember(jsonSchema.output) },
    },
  };
}

function remember(convert: Conversion['input']): Conversion['input'] {
  const converted = new Map<string, Record<string, unknown>>();
  return (options) => {
    const json = converted.get(options.target) ?? convert(options);
    converted.set(options.target, json);
    return json;
  };
}
