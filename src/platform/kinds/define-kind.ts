/** What a resource kind is made of. */
import { z } from 'zod';

/** A JSON Schema as an object. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A kind of resource that the platform can record. */
export interface ResourceKind {
  /** PascalCase, e.g. `AwsRdsInstance`. */
  readonly kind: string;
  readonly provider: string;
  readonly description: string;
  /** Checks a spec, write-only fields included. */
  readonly spec: z.ZodType<Record<string, unknown>>;
  /** Fields that go in and are never in a result again. */
  readonly secretFields: readonly string[];
  /** What a client is told of the spec: JSON Schema 2020-12 with rules, descriptions and examples. */
  readonly schema: JsonSchema;
}

/** Data that {@link defineKind} makes a kind from. */
export interface KindDefinition {
  readonly kind: string;
  readonly provider: string;
  readonly description: string;
  readonly spec: z.ZodType<Record<string, unknown>>;
  readonly secretFields?: readonly string[];
  /** Rules over several fields, which the field schemas cannot express: added to the JSON Schema. */
  readonly rules?: JsonSchema;
}

/** Makes a kind and derives its JSON Schema. */
export function defineKind(definition: KindDefinition): ResourceKind {
  const { kind, description, spec, secretFields = [], rules = {} } = definition;
  const schema = { ...z.toJSONSchema(spec, { io: 'input' }), title: kind, description, ...rules };
  return { kind, provider: definition.provider, description, spec, secretFields, schema };
}
