import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { holdSchema } from '../../src/testing/held-schema.js';

const schema = z.object({ name: z.string().default('a') });

describe('holdSchema', () => {
  it('converts once for each direction and target, to what the schema itself converts to', () => {
    const { input, output } = holdSchema(schema)['~standard'].jsonSchema;
    const options = { target: 'draft-2020-12' } as const;

    expect(input(options)).toEqual(z.toJSONSchema(schema, { io: 'input' }));
    expect(input(options)).toBe(input(options));
    expect(output(options)).toEqual(z.toJSONSchema(schema));
    expect(input({ target: 'draft-07' })).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
    });
  });

  it('validates as the schema does', async () => {
    const { validate } = holdSchema(schema)['~standard'];

    expect(await validate({})).toEqual({ value: { name: 'a' } });
    expect(await validate({ name: 1 })).toMatchObject({ issues: [{ path: ['name'] }] });
  });
});
