import { describe, expect, it } from 'vitest';
import { createSchemaValidators } from '../../src/mcp-client/schema-validators.js';

describe('createSchemaValidators', () => {
  it('compiles a schema once, whoever brings it', () => {
    const validators = createSchemaValidators();
    const toSchema = () => ({ type: 'object' as const, required: ['a'] });

    expect(validators.getValidator(toSchema())).toBe(validators.getValidator(toSchema()));
  });

  it('keeps schemas of one `$id` from two servers apart', () => {
    const validators = createSchemaValidators();
    const first = validators.getValidator({ $id: 'thing', type: 'object', required: ['a'] });
    const second = validators.getValidator({ $id: 'thing', type: 'object', required: ['b'] });

    expect(first({ a: 1 }).valid).toBe(true);
    expect(second({ a: 1 }).valid).toBe(false);
  });

  it('throws for a schema that cannot be read, at every time', () => {
    const validators = createSchemaValidators();
    const schema = { type: 'nonsense' };

    expect(validators.canRead(schema)).toBe(false);
    expect(() => validators.getValidator(schema)).toThrow();
    expect(() => validators.getValidator({ ...schema })).toThrow();
  });

  it('compiles again what it no longer remembers', () => {
    const validators = createSchemaValidators(2);
    const toSchema = (name: string) => ({ type: 'object' as const, required: [name] });
    const first = validators.getValidator(toSchema('a'));
    for (const name of ['b', 'c', 'd']) validators.getValidator(toSchema(name));

    const again = validators.getValidator(toSchema('a'));

    expect(again).not.toBe(first);
    expect(again({ a: 1 }).valid).toBe(true);
  });
});
