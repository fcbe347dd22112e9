import { describe, expect, it } from 'vitest';
import { toPresentSchema } from '../../../src/tools/platform-generations/older-schema.js';

describe('toPresentSchema', () => {
  it('makes a JSON Schema of the fields, marks secrets, and claims nothing of what is required', () => {
    const fields = [
      { name: 'engine', type: 'string', required: true },
      { name: 'port', type: 'int32' },
      { name: 'ratio', type: 'double' },
      { name: 'multi_az', type: 'bool' },
      { name: 'subnet_ids', type: 'string', is_repeated: true },
      { name: 'labels', is_map: true, map_key_type: 'string', map_value_type: 'string' },
      { name: 'size', type: 'enum', enum_values: ['s', 'm'] },
      { name: 'disk', type: 'message', nested_fields: [{ name: 'gb', type: 'uint64' }] },
      { name: 'password', type: 'string' },
      { type: 'nameless' },
    ];

    expect(toPresentSchema({ kind: 'K', description: 'One.', fields })).toEqual({
      kind: 'K',
      description: 'One. This platform does not tell which fields are required, nor their bounds.',
      schema: {
        type: 'object',
        properties: {
          engine: { type: 'string' },
          port: { type: 'integer' },
          ratio: { type: 'number' },
          multi_az: { type: 'boolean' },
          subnet_ids: { type: 'array', items: { type: 'string' } },
          labels: { type: 'object', additionalProperties: { type: 'string' } },
          size: { type: 'string', enum: ['s', 'm'] },
          disk: { type: 'object', properties: { gb: { type: 'integer' } } },
          password: { type: 'string', writeOnly: true },
        },
      },
    });
  });

  it('ends where fields nest without an end', () => {
    let field: object = { name: 'a', type: 'string' };
    for (let depth = 0; depth < 50; depth += 1) field = { name: 'a', nested_fields: [field] };

    expect(JSON.stringify(toPresentSchema({ fields: [field] })).length).toBeLessThan(1000);
  });
});
