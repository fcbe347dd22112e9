/** The older generation’s list of fields as a JSON Schema. */
import { isSecretName, listIn, memberOf, membersOf, textOf, withoutEmpty } from './platform-answer.js';

type Schema = Readonly<Record<string, unknown>>;

/** Shown with every kind, so that a model neither takes silence for freedom nor asks for everything. */
const note = 'This platform does not tell which fields are required, nor their bounds.';

/** Nested deeper than this, fields are left out. */
const maxDepth = 8;

/**
 * Gives a kind’s schema as the present platform does. Which fields are required is left out: the older one guesses it,
 * and says so of nearly every field. Fields that keep secrets are marked, since they are made where a call leaves.
 */
export function toPresentSchema(answer: unknown): Schema {
  return withoutEmpty({
    kind: textOf(answer, 'kind'),
    description: [textOf(answer, 'description'), note].filter(Boolean).join(' '),
    schema: toObject(listIn(memberOf(answer, 'fields')), 0),
  });
}

function toObject(fields: readonly unknown[], depth: number): Schema {
  const properties = fields.flatMap((field) => {
    const name = textOf(field, 'name');
    if (name === undefined || depth > maxDepth) return [];
    const schema = toField(field, depth);
    return [[name, isSecretName(name) ? { ...schema, writeOnly: true } : schema]];
  });
  return { type: 'object', properties: Object.fromEntries(properties) as Schema }; // made of such pairs
}

function toField(field: unknown, depth: number): Schema {
  const values = memberOf(field, 'enum_values');
  const nested = memberOf(field, 'nested_fields');
  const own: Schema = Array.isArray(values)
    ? { type: 'string', enum: values }
    : Array.isArray(nested)
      ? toObject(nested, depth + 1)
      : toScalar(textOf(field, 'type') ?? '');
  const { is_map: isMap, is_repeated: isRepeated } = membersOf(field);
  if (isMap === true)
    return { type: 'object', additionalProperties: toScalar(textOf(field, 'map_value_type') ?? '') };
  return isRepeated === true ? { type: 'array', items: own } : own;
}

function toScalar(type: string): Schema {
  if (/^u?s?int|fixed/.test(type)) return { type: 'integer' };
  if (/^float|^double/.test(type)) return { type: 'number' };
  if (type.startsWith('bool')) return { type: 'boolean' };
  return type === 'string' || type === 'bytes' ? { type: 'string' } : {};
}
