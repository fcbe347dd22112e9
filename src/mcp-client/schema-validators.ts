/** Validators of JSON Schemas, each compiled once for all clients that meet the same schema. */
import type { JsonSchemaType, JsonSchemaValidator, jsonSchemaValidator } from '@modelcontextprotocol/client';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv';

/** What the MCP client validates with, and what tells an unusable schema. */
export interface SchemaValidators extends jsonSchemaValidator {
  /** Tells whether a schema compiles; a reference to another document does not, and nothing is fetched. */
  canRead(schema: object): boolean;
}

type Compiled = { readonly validate: JsonSchemaValidator<unknown> } | { readonly error: unknown };

/** Creates an empty set; `maxSchemas` are remembered, and the one not met for longest goes. Default 2000. */
export function createSchemaValidators(maxSchemas = 2000): SchemaValidators {
  let shared = new AjvJsonSchemaValidator();
  let sharedSchemas = 0;
  // By text, since each person’s list holds the same schemas in objects of its own.
  const byText = new Map<string, Compiled>();
  const byObject = new WeakMap<object, Compiled>();

  // An engine keeps all it compiled, and finds by `$id` what another server gave: it is renewed, or made for one alone.
  const toEngine = (text: string): AjvJsonSchemaValidator => {
    if (text.includes('"$id"')) return new AjvJsonSchemaValidator();
    if (sharedSchemas >= maxSchemas) shared = new AjvJsonSchemaValidator();
    sharedSchemas = sharedSchemas >= maxSchemas ? 1 : sharedSchemas + 1;
    return shared;
  };

  const compile = (schema: object): Compiled => {
    const known = byObject.get(schema);
    if (known !== undefined) return known;
    const text = JSON.stringify(schema);
    const compiled = byText.get(text) ?? tryCompile(toEngine(text), schema);
    byObject.set(schema, compiled);
    byText.delete(text);
    byText.set(text, compiled);
    const [oldest] = byText.keys();
    if (byText.size > maxSchemas && oldest !== undefined) byText.delete(oldest);
    return compiled;
  };

  return {
    canRead: (schema) => 'validate' in compile(schema),
    getValidator<T>(schema: JsonSchemaType) {
      const compiled = compile(schema);
      if ('error' in compiled) throw compiled.error;
      // A validator of a schema says of any value whether it is a `T`: that is what the caller means by the schema.
      return compiled.validate as JsonSchemaValidator<T>;
    },
  };
}

function tryCompile(ajv: AjvJsonSchemaValidator, schema: object): Compiled {
  try {
    return { validate: ajv.getValidator(schema) };
  } catch (error) {
    return { error };
  }
}
